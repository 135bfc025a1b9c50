"""The facts of a job: what its events have established so far, and what can be read off them directly."""

from typing import Literal

from domain.answers import Decision, Finish, GiveUp, PlannedCall
from domain.events import End, FileWritten, JobRequested
from domain.frozen import Digest, Frozen
from domain.memory import Trust
from domain.messages import Deadline, Verdict
from domain.parts import Ranges
from domain.spoken import CancelRequested
from domain.todo import ItemId, TodoItem

MAX_INVALID = 3
"""So many invalid answers of the model in a row fail the job."""
MAX_VAGUE = 3
"""With so many vague answers of the model in a row the job asks a person."""
MAX_FAILURES = 5
"""So many failed steps in a row fail the job, or give an open call up to a person."""
FORK_DIGITS = 12
STEPS_KEPT = 20
"""So many of the last steps stay in the state; the journal has them all."""

RequestKind = Literal["approval", "question", "unknown_outcome", "pause"]
DAY = 86_400.0


class Said(Frozen):
    """Something a person said that the model must know: a requirement (with its revision) or information."""

    by: str
    text: str
    revision: int
    version: int = 0
    """The event that says so."""


class Exchange(Frozen):
    """A question and what came of it; `answer` is the stated default when `by` is nobody."""

    question: str
    answer: str
    by: str | None
    asked: int = 0
    """The event that asked."""


class Request(Frozen):
    """Something that waits for a person. Its id is the version of the event that asked."""

    id: int
    kind: RequestKind
    about: str
    deadline: Deadline
    args_hash: Digest | None = None
    lasting: bool = False
    reminded: int = 0

    @property
    def next_alarm(self) -> float:
        """When it must be looked at again: its next reminder, or its end."""
        return (*self.deadline.reminders[self.reminded :], self.deadline.until)[0]


class Consent(Frozen):
    """What became of an approval request. A granted one covers one call and is spent by it, or a batch (`lasting`)."""

    request: int
    args_hash: Digest
    revision: int
    verdict: Literal["granted", "denied", "expired"]
    by: str | None = None
    why: str = ""
    lasting: bool = False
    about: str = ""
    """What it was asked for, in one line."""


class OpenCall(Frozen):
    """A call that has no outcome yet. `version` names it; `key`, with the job's id, is the idempotency key."""

    version: int
    call: PlannedCall
    revision: int
    step: int
    at: float
    deadline: float
    fork: str = ""
    withdrawn: bool = False
    """Whether a person has ticked or dropped its item since."""

    @property
    def key(self) -> str:
        """What tells this call from every other of its job, those of a history that was lost included."""
        return f"{self.version}-{self.fork}" if self.fork else f"{self.version}"


class UnknownCall(Frozen):
    """A call whose outcome was given up, what a person said of it, and what its sender said later."""

    open: OpenCall
    request: int
    verdict: Verdict | None = None
    happened: bool | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has said anything of it yet, neither a person nor its sender."""
        return self.verdict is None and self.happened is None


class Step(Frozen):
    """One finished tool call, as people and models are told of it."""

    number: int
    call: int
    tool: str
    item: str
    summary: str
    outcome: Literal["returned", "failed", "unknown"]
    text: str
    at: float
    part: int | None = None
    ref: Digest | None = None
    """The artifact that holds the rest of its result."""


class JobFacts(Frozen):
    """Everything that a job is, after `version` events."""

    version: int = 0
    fork: str = ""
    """Names the history that the journal has lost, when a person let the job go on without it."""
    asked: JobRequested | None = None
    opened_at: float | None = None
    has_turn: bool = False
    revision: int = 1
    requirements: tuple[Said, ...] = ()
    information: tuple[Said, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    planned_revision: int = 0
    last_planned: int = 0
    """The revision of the last plan, whatever became of it: it went stale when `planned_revision` is 0."""
    todo: tuple[TodoItem, ...] = ()
    stale: tuple[ItemId, ...] = ()
    """The items that waited too long and have not been planned anew."""
    vague: int = 0
    shown_vague: tuple[str, ...] = ()
    """Texts of items that people were asked about: no rule calls them vague any more."""
    raised: tuple[str, ...] = ()
    """What rules had people asked about, by its key."""
    intent: Decision | None = None
    call: OpenCall | None = None
    requests: tuple[Request, ...] = ()
    consents: tuple[Consent, ...] = ()
    unknown: tuple[UnknownCall, ...] = ()
    pause: Request | None = None
    cancelled: CancelRequested | None = None
    steps_done: int = 0
    steps: tuple[Step, ...] = ()
    parts: Ranges = ()
    """The numbered parts of the work that are done."""
    refused_parts: Ranges = ()
    """Those that are known never to work: their calls were invalid."""
    files: tuple[FileWritten, ...] = ()
    read: Trust = Trust.OWN
    """The least trusted of what its tools returned."""
    influence: Trust = Trust.OWN
    """The least trusted of what its model was shown of that."""
    told: Trust = Trust.OWN
    """The least trusted of the memories that its model was shown."""
    cost: float = 0.0
    invalid: int = 0
    failures: int = 0
    fault: str = ""
    overdue: bool = False
    end: End | None = None

    @property
    def limits_steps(self) -> int:
        return self.asked.limits.steps if self.asked else 0

    @property
    def deadline_at(self) -> float:
        """When the job itself must have ended (Unix seconds)."""
        days = self.asked.limits.days if self.asked else 0.0
        return (self.opened_at or 0.0) + days * DAY

    @property
    def exhausted(self) -> str:
        """Why the job cannot go on, or nothing."""
        if self.overdue:
            return "its deadline has passed"
        if self.invalid >= MAX_INVALID:
            return f"the model gave {self.invalid} invalid answers in a row; the last: {self.fault}"
        if self.failures >= MAX_FAILURES:
            return f"{self.failures} steps in a row failed; the last: {self.fault}"
        if self.asked and self.cost > self.asked.limits.cost:
            return f"its model calls cost {self.cost:.4f} US dollars, its limit is {self.asked.limits.cost:.4f}"
        return ""

    @property
    def blocked_by(self) -> tuple[Request, ...]:
        """The requests that hold the job up now."""
        if self.pause:
            return (self.pause,)
        match self.intent:
            case None:
                return ()
            case PlannedCall() as call:
                asked = (call.args_hash, call.consent)
                return tuple(r for r in self.requests if r.args_hash in asked and r.kind != "question")
            case Finish() | GiveUp():
                return tuple(r for r in self.requests if r.kind == "unknown_outcome")
            case _:
                return tuple(r for r in self.requests if r.kind == "question")

    @property
    def next_alarm(self) -> float:
        """When a waiting job must look at the clock again, should nobody say anything."""
        alarms = [request.next_alarm for request in self.requests]
        alarms += [self.pause.next_alarm] if self.pause else []
        return min([*alarms, self.deadline_at])

    def granted(self, call: PlannedCall) -> bool:
        """Whether an unspent consent covers exactly this call, or its batch."""
        return any(c.verdict == "granted" and c.args_hash in (call.args_hash, call.consent) for c in self.consents)

    def request(self, request_id: int) -> Request | None:
        """The open request of that id."""
        return next((request for request in self.requests if request.id == request_id), None)

    def unknown_call(self, call: int) -> UnknownCall | None:
        """The given-up call of that version."""
        return next((unknown for unknown in self.unknown if unknown.open.version == call), None)

    @property
    def call_is_voided(self) -> bool:
        """Whether people have since changed or ended what the open call was made for: it must not be sent any more."""
        if self.call is None:
            return False
        return self.call.withdrawn or self.call.revision < self.revision or self.cancelled is not None
