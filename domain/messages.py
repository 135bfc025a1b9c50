"""What people say to a job. A message arrives as plain JSON by a signal; what does not parse is recorded as refused."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from domain.frozen import NO_NUL, Digest, Frozen, Text

MessageId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Person = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Why = Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)]


class Verdict(StrEnum):
    """What a person says of a call whose outcome is unknown."""

    SENT = "sent"
    AGAIN = "again"
    SKIP = "skip"


class Deadline(Frozen):
    """How long something waits for a person (Unix seconds), what then happens, and when it reminds before."""

    until: float
    default: str
    reminders: tuple[float, ...] = ()


class Spoken(Frozen):
    """What every message has: who says it (a claim), when it came in, and the id that makes a repeat harmless."""

    message_id: MessageId
    by: Person
    at: float
    now: bool = False
    """Also cancel the activity that runs at this moment."""


class Signature(Frozen):
    """An approver's Ed25519 signature (64 bytes in base64), and when it was made (Unix seconds)."""

    ed25519: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{86}==$")]
    at: float


class Tell(Spoken):
    """A change of the requirements."""

    kind: Literal["tell"] = "tell"
    text: Text


class Inform(Spoken):
    """Information that changes no requirement."""

    kind: Literal["inform"] = "inform"
    text: Text


class AnswerRequest(Spoken):
    """The answer to a question, or the verdict on an unknown outcome."""

    kind: Literal["answer"] = "answer"
    request: int
    text: Text
    signature: Signature | None = None


class Approve(Spoken):
    """Consent to one request, bound to the arguments that were shown."""

    kind: Literal["approve"] = "approve"
    request: int
    args_hash: Digest | None = None
    why: Why = ""
    signature: Signature | None = None


class Reject(Spoken):
    """Dissent from one request."""

    kind: Literal["reject"] = "reject"
    request: int
    why: Why = ""


class Pause(Spoken):
    """Stop after the call that is open now."""

    kind: Literal["pause"] = "pause"
    why: Why = ""


class Resume(Spoken):
    """Go on."""

    kind: Literal["resume"] = "resume"
    why: Why = ""


class Cancel(Spoken):
    """End the job, leaving nothing half-done."""

    kind: Literal["cancel"] = "cancel"
    why: Why = ""


class Garbled(Spoken):
    """A message that did not parse: kept as it came, as far as it is short."""

    kind: Literal["garbled"] = "garbled"
    said: str
    fault: str


Message = Annotated[
    Tell | Inform | AnswerRequest | Approve | Reject | Pause | Resume | Cancel | Garbled,
    Field(discriminator="kind"),
]
MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)

FORMS = {
    "tell": '{"text": "ignore *.lock", "by": "you"}',
    "inform": '{"text": "the office is closed", "by": "you"}',
    "answer": '{"request": 10, "text": "yes", "by": "you"}',
    "approve": '{"request": 10, "by": "you"}',
    "reject": '{"request": 10, "by": "you", "why": "too early"}',
    "pause": '{"by": "you"}',
    "resume": '{"by": "you"}',
    "cancel": '{"by": "you", "why": "no longer needed"}',
}
"""An example of each message, as it is typed where nothing but JSON can be said."""
