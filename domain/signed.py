"""Signed consents: who may let a guarded call go, where an installation names its approvers.

A consent is an approval, or the word `again` on an unknown outcome: either sends what a person must have agreed to. The
signature covers the job, the request, the hash of its arguments, the approver, the time and the message's id, so it
holds for this one consent and no other. How a signature is verified is handed in: the domain knows no cryptography.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from domain import messages as m
from domain.canonical import canonical
from domain.frozen import Frozen
from domain.job import JobState

CLOCK_SECONDS = 300.0
"""So far may the clocks of approver and server be apart."""

Verify = Callable[[str, bytes, bytes], bool]
"""Whether these bytes (last) carry this signature by the approver of that name."""


class Consenting(Frozen):
    """What is signed."""

    verdict: Literal["approve", "again"]
    job: str
    request: int
    args_hash: str
    by: str
    message_id: str
    at: float

    def signed_bytes(self) -> bytes:
        """The bytes that the signature covers."""
        return canonical(["longhaul consent 1", self.model_dump(mode="json")])


def verdict_of(message: m.Message) -> Literal["approve", "again"] | None:
    """Which consent the message is, if it is one."""
    match message:
        case m.Approve():
            return "approve"
        case m.AnswerRequest(text=m.Verdict.AGAIN):
            return "again"
        case _:
            return None


def consenting(state: JobState, message: m.Message, at: float) -> Consenting | None:
    """What a consent of the moment `at` (Unix seconds) says of the open request that it names; None for all else."""
    verdict = verdict_of(message)
    if verdict is None or state.asked is None or not isinstance(message, m.Approve | m.AnswerRequest):
        return None
    request = state.request(message.request)
    if request is None or request.args_hash is None:
        return None  # an answer to a question, whatever its words
    return Consenting(
        verdict=verdict,
        job=state.asked.job,
        request=request.id,
        args_hash=request.args_hash,
        by=message.by,
        message_id=message.message_id,
        at=at,
    )


@dataclass(frozen=True)
class Approvers:
    """Who may consent, how their signatures are verified, and for how many seconds one holds."""

    names: frozenset[str]
    verify: Verify
    seconds: float

    def objection(self, state: JobState, message: m.Message) -> str:
        """Why the message is not the consent of an approver, or nothing. Its request is open."""
        signature = getattr(message, "signature", None)
        claimed = consenting(state, message, signature.at if signature else message.at)
        if claimed is None or state.asked is None:
            return ""
        if claimed.by not in self.names:
            return f"{claimed.by!r} is not among the approvers: {', '.join(sorted(self.names))}"
        if _same(claimed.by, state.asked.requested_by):
            return f"{claimed.by} requested the job, and may not consent to its calls"
        if signature is None:
            return "it is not signed; LONGHAUL_APPROVER_KEY_FILE names the approver's key"
        return self._time(signature, message.at) or self._truth(signature, claimed)

    def _time(self, signature: m.Signature, now: float) -> str:
        if signature.at > now + CLOCK_SECONDS:
            return "it was signed in the future: a clock is wrong"
        if now - signature.at > self.seconds:
            return f"its signature has expired: it holds for {self.seconds / 3600:g} hours; approve once more"
        return ""

    def _truth(self, signature: m.Signature, claimed: Consenting) -> str:
        if self.verify(claimed.by, base64.b64decode(signature.ed25519), claimed.signed_bytes()):
            return ""
        return f"its signature is not {claimed.by}'s for this job, request, arguments and message"


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
