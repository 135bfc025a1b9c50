"""The events that stand for what people said: one for every message, once for each message id."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from domain.frozen import Digest, Frozen
from domain.messages import Deadline, MessageId, Person, Signature, Verdict, Why


class RequirementChanged(Frozen):
    """A person changed the requirements; the plan must follow."""

    type: Literal["RequirementChanged"] = "RequirementChanged"
    message_id: MessageId
    by: Person
    at: float
    revision: int
    text: str


class InformationGiven(Frozen):
    """A person said something that changes no requirement."""

    type: Literal["InformationGiven"] = "InformationGiven"
    message_id: MessageId
    by: Person
    at: float
    text: str


class QuestionAnswered(Frozen):
    """A person answered a question."""

    type: Literal["QuestionAnswered"] = "QuestionAnswered"
    message_id: MessageId
    by: Person
    at: float
    request: int
    text: str


class ApprovalGranted(Frozen):
    """A person consented to one request's exact arguments."""

    type: Literal["ApprovalGranted"] = "ApprovalGranted"
    message_id: MessageId
    by: Person
    at: float
    request: int
    args_hash: Digest
    why: Why = ""
    signature: Signature | None = None


class ApprovalDenied(Frozen):
    """A person said no to one request."""

    type: Literal["ApprovalDenied"] = "ApprovalDenied"
    message_id: MessageId
    by: Person
    at: float
    request: int
    why: Why = ""


class OutcomeSettled(Frozen):
    """A person decided about an unknown outcome."""

    type: Literal["OutcomeSettled"] = "OutcomeSettled"
    message_id: MessageId
    by: Person
    at: float
    request: int
    verdict: Verdict
    signature: Signature | None = None


class JobPaused(Frozen):
    """A person paused the job; it reminds them, and waits no longer than its own deadline."""

    type: Literal["JobPaused"] = "JobPaused"
    message_id: MessageId
    by: Person
    at: float
    deadline: Deadline
    why: Why = ""


class JobResumed(Frozen):
    """A person let the job go on."""

    type: Literal["JobResumed"] = "JobResumed"
    message_id: MessageId
    by: Person
    at: float
    why: Why = ""


class CancelRequested(Frozen):
    """A person wants the job ended; an open call is settled first."""

    type: Literal["CancelRequested"] = "CancelRequested"
    message_id: MessageId
    by: Person
    at: float
    why: Why = ""


class MessageRefused(Frozen):
    """A message changed nothing; kept with the reason."""

    type: Literal["MessageRefused"] = "MessageRefused"
    message_id: MessageId
    by: Person
    at: float
    kind: str
    said: str
    why: str


SpokenEvent = (
    RequirementChanged
    | InformationGiven
    | QuestionAnswered
    | ApprovalGranted
    | ApprovalDenied
    | OutcomeSettled
    | JobPaused
    | JobResumed
    | CancelRequested
    | MessageRefused
)
"""One of these stands for every message, once for each message id."""
AnySpokenEvent = Annotated[SpokenEvent, Field(discriminator="type")]
SPOKEN: TypeAdapter[SpokenEvent] = TypeAdapter(AnySpokenEvent)
