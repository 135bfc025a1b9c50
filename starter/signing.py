"""Signing a consent with the key of the approver who uses this command line."""

from pydantic import JsonValue

from domain.hear import parse
from domain.job import JobState
from domain.signed import consenting, verdict_of
from stores.signatures import sign

Said = dict[str, JsonValue]


def is_consent(kind: str, said: Said) -> bool:
    """Whether it lets a call go: an approval, or `again`."""
    return verdict_of(parse(kind, said, str(said["message_id"]), 0.0)) is not None


def signed(kind: str, said: Said, state: JobState, key: bytes, at: float) -> Said:
    """The consent with its signature of the moment `at` (Unix seconds), bound to the arguments as they stand now.

    What no open request fits is left as it is: the job says why it refuses.
    """
    consent = consenting(state, parse(kind, said, str(said["message_id"]), at), at)
    if consent is None:
        return said
    seen = {"args_hash": said.get("args_hash") or consent.args_hash} if consent.verdict == "approve" else {}
    return {**said, **seen, "signature": {"ed25519": sign(key, consent.signed_bytes()), "at": at}}
