"""What can stand in a job's stream. Past tense, frozen, and never changed once released (see `SCHEMA`)."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from domain.answers import Decision, PlannedCall, Usage
from domain.canonical import canonical
from domain.erasure import TextErased
from domain.errors import Unstorable
from domain.frozen import Digest, Frozen, Id, Text
from domain.memory import EntryId, Trust
from domain.messages import Deadline, Person, Why
from domain.preference import PersonId
from domain.spoken import SpokenEvent
from domain.todo import DroppedItem, ItemId, ItemResult, PlanItem
from domain.todo_events import TodoEvent

SCHEMA = 4
"""Raised when an event's fields change; older ones are then upcast when they are loaded."""

REQUEST_BYTES = 65_536

FaultKind = Literal["timeout", "rate_limited", "refused", "invalid", "crashed", "cancelled"]


class Limits(Frozen):
    """What a job may use up: tool calls, days from its opening, and US dollars of model calls."""

    steps: int = Field(default=1000, ge=1)
    days: float = Field(default=180.0, gt=0, le=3660)
    cost: float = Field(default=10.0, ge=0)


class JobRequested(Frozen):
    """Somebody asked for a job; it waits in the agent's queue."""

    type: Literal["JobRequested"] = "JobRequested"
    job: Id
    agent: Id
    job_type: Id
    goal: Text
    inputs: dict[str, JsonValue] = {}
    limits: Limits = Limits()
    priority: int = Field(default=0, ge=-100, le=100)
    requested_by: Person

    @property
    def objection(self) -> str:
        """Why nobody can take this request, or nothing: it stands in the journal and goes through Temporal whole."""
        try:
            size = len(canonical(self.model_dump()))
        except Unstorable as error:
            return str(error)
        return f"its inputs are {size} bytes, at most {REQUEST_BYTES}; put them into a file" * (size > REQUEST_BYTES)

    def same_job(self, other: "JobRequested") -> bool:
        """Whether two requests ask for the same job, whoever asks."""
        return self.model_copy(update={"requested_by": other.requested_by}) == other


class JobOpened(Frozen):
    """A workflow took the job up; its deadline counts from here."""

    type: Literal["JobOpened"] = "JobOpened"
    at: float


class TurnTaken(Frozen):
    """The job got its agent's turn: no other job of the agent works now."""

    type: Literal["TurnTaken"] = "TurnTaken"
    at: float


class TurnLost(Frozen):
    """The job's workflow is gone, terminated or lost; its agent's turn goes to the next job."""

    type: Literal["TurnLost"] = "TurnLost"
    at: float


class LossAccepted(Frozen):
    """Postgres was restored from an older backup, and a person lets the job go on from the journal as it is.

    The job's workflow had seen this `version` with this `hash`, which the journal lacks; `known` is what it did since,
    as far as its workflow remembers. Calls after this event have keys that no call of the lost history can have had.
    """

    type: Literal["LossAccepted"] = "LossAccepted"
    by: Person
    at: float
    version: int
    hash: Digest
    known: tuple[str, ...] = ()


class KnownPerson(Frozen):
    """A person whose preferences a model was told, as of this version of theirs."""

    person: PersonId
    version: int


Changed = Literal["question", "memory", "entries"]


class Preload(Frozen):
    """What searching the archive ahead of time, while a call of a tool ran, was worth to the decision after it.

    `hit`: what was found then still held, and was taken; `miss`: it held no longer, for what had `changed` (`entries`:
    some are not there any more); `none`: nothing was there. `searched_ms` is how long the search took, then for a hit,
    and now for the rest; `looked_ms` how long it took to find out, for a hit with reading the entries.
    """

    outcome: Literal["hit", "miss", "none"]
    changed: Changed | None = None
    searched_ms: float = Field(ge=0)
    looked_ms: float = Field(ge=0)


class Knew(Frozen):
    """What a model was told of its agent's memory: memory.md as of `memory` (a version of agent/<id>), and these ids.

    `tokens` is the length of both, by the estimate of `domain.tokens`. `told` is the least trusted of them, `read` that
    of the results of tools which it was shown; a scripted model takes no orders from either, and so has read nothing.
    `people` are those whose preferences it was told, as of these versions of person/<id>; the agent's profile is part
    of its memory's version.
    """

    memory: int
    recalled: tuple[EntryId, ...] = ()
    tokens: int
    told: Trust = Trust.OWN
    read: Trust = Trust.OWN
    people: tuple[KnownPerson, ...] = ()
    preload: Preload | None = None
    """None when nothing was searched for."""


class ModelAnswered(Frozen):
    """The model answered for this revision of the requirements."""

    type: Literal["ModelAnswered"] = "ModelAnswered"
    revision: int
    model: str
    says: str
    intent: Decision
    usage: Usage = Usage()
    knew: Knew | None = None


class AnswerInvalid(Frozen):
    """The model's answer did not fit; it is asked again and told why."""

    type: Literal["AnswerInvalid"] = "AnswerInvalid"
    why: str
    excerpt: str
    usage: Usage = Usage()


class PlanRevised(Frozen):
    """The items still to do were replaced."""

    type: Literal["PlanRevised"] = "PlanRevised"
    revision: int
    items: tuple[PlanItem, ...]
    dropped: tuple[DroppedItem, ...] = ()
    at: float | None = None


class TodoEdited(Frozen):
    """A person edited TODO.md: added, removed or ticked items; `order` is the whole list as they left it."""

    type: Literal["TodoEdited"] = "TodoEdited"
    by: Person
    added: tuple[PlanItem, ...] = ()
    dropped: tuple[DroppedItem, ...] = ()
    ticked: tuple[ItemId, ...] = ()
    order: tuple[ItemId, ...] = ()
    at: float


class ApprovalRequested(Frozen):
    """A guarded call waits for consent; the consent binds the hash of its arguments, or of its batch (`lasting`)."""

    type: Literal["ApprovalRequested"] = "ApprovalRequested"
    args_hash: Digest
    about: str
    deadline: Deadline
    lasting: bool = False


class RequestVoided(Frozen):
    """A request, open or already granted, no longer fits what the job means to do."""

    type: Literal["RequestVoided"] = "RequestVoided"
    request: int
    why: str


class QuestionAsked(Frozen):
    """The model asks a person."""

    type: Literal["QuestionAsked"] = "QuestionAsked"
    about: str
    deadline: Deadline


class Reminded(Frozen):
    """People were reminded of a request that is still open."""

    type: Literal["Reminded"] = "Reminded"
    request: int
    at: float


class RequestExpired(Frozen):
    """Nobody answered in time: the stated default holds. This is not a denial."""

    type: Literal["RequestExpired"] = "RequestExpired"
    request: int
    default: str
    at: float


class JobOverdue(Frozen):
    """The job's own deadline has passed."""

    type: Literal["JobOverdue"] = "JobOverdue"
    at: float


class ToolCalled(Frozen):
    """A call stands before its effect. Its key is `job/version of this event`; nothing is sent after `deadline`."""

    type: Literal["ToolCalled"] = "ToolCalled"
    call: PlannedCall
    revision: int
    step: int
    at: float
    deadline: float


class FileWritten(Frozen):
    """A file of the agent's directory (a relative path) and the artifact that holds its content."""

    path: str
    sha256: Digest


class CallRenewed(Frozen):
    """The open call is sent again under its key, by a new deadline: a still later attempt waits for that one."""

    type: Literal["CallRenewed"] = "CallRenewed"
    call: int
    at: float
    deadline: float


class ToolReturned(Frozen):
    """The call's effect happened, or is known to have happened before (`how`)."""

    type: Literal["ToolReturned"] = "ToolReturned"
    call: int
    how: Literal["done", "asked", "transaction"] = "done"
    result: ItemResult
    files: tuple[FileWritten, ...] = ()
    at: float
    trust: Trust = Trust.OWN
    """Whose word the result is."""


class ToolFailed(Frozen):
    """The call is known to have had no effect."""

    type: Literal["ToolFailed"] = "ToolFailed"
    call: int
    kind: FaultKind
    why: str
    at: float


class OutcomeUnknown(Frozen):
    """Nobody can tell whether the call's effect happened; a person decides."""

    type: Literal["OutcomeUnknown"] = "OutcomeUnknown"
    call: int
    why: str
    about: str
    deadline: Deadline
    at: float


class LateOutcome(Frozen):
    """The sender came back after its call was given up, and knows."""

    type: Literal["LateOutcome"] = "LateOutcome"
    call: int
    happened: bool
    result: ItemResult
    at: float


class StepFailed(Frozen):
    """An activity gave no result: it timed out, crashed, was refused or was cancelled."""

    type: Literal["StepFailed"] = "StepFailed"
    move: str
    kind: FaultKind
    why: str


class JobCompleted(Frozen):
    """The job is done."""

    type: Literal["JobCompleted"] = "JobCompleted"
    result: str


class JobFailed(Frozen):
    """The job ended without its result."""

    type: Literal["JobFailed"] = "JobFailed"
    why: str


class JobCancelled(Frozen):
    """The job was ended by a person."""

    type: Literal["JobCancelled"] = "JobCancelled"
    by: Person
    why: Why = ""


End = JobCompleted | JobFailed | JobCancelled

JobEvent = (
    JobRequested
    | JobOpened
    | TurnTaken
    | TurnLost
    | LossAccepted
    | ModelAnswered
    | AnswerInvalid
    | PlanRevised
    | TodoEdited
    | ApprovalRequested
    | RequestVoided
    | QuestionAsked
    | Reminded
    | RequestExpired
    | JobOverdue
    | ToolCalled
    | CallRenewed
    | ToolReturned
    | ToolFailed
    | OutcomeUnknown
    | LateOutcome
    | StepFailed
    | TodoEvent
    | SpokenEvent
    | End
    | TextErased
)
AnyJobEvent = Annotated[JobEvent, Field(discriminator="type")]
JOB_EVENT: TypeAdapter[JobEvent] = TypeAdapter(AnyJobEvent)
