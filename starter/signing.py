"""Signing a consent with the key of the approver who uses this command line."""

from pydantic import JsonValue

from domain.job import JobState
from domain.messages import Verdict
from domain.signed import Consenting
from stores.signatures import sign

Said = dict[str, JsonValue]


def is_consent(kind: str, said: Said) -> bool:
    """Whether it lets a call go: an approval, or `again`."""
    return kind == "approve" or (kind == "answer" and said.get("text") == Verdict.AGAIN)


def signed(kind: str, said: Said, state: JobState, key: bytes, at: float) -> Said:
    """The consent with its signature of the moment `at` (Unix seconds), bound to the arguments as they stand now.

    What no open request fits is left as it is: the job says why it refuses.
    """
    request = next((request for request in state.requests if request.id == said.get("request")), None)
    if state.asked is None or request is None or request.args_hash is None:
        return said
    seen = {"args_hash": said.get("args_hash") or request.args_hash} if kind == "approve" else {}
    consenting = Consenting.model_validate(
        {
            "verdict": "approve" if kind == "approve" else "again",
            "job": state.asked.job,
            "request": request.id,
            "args_hash": seen.get("args_hash", request.args_hash),
            "by": said["by"],
            "message_id": said["message_id"],
            "at": at,
        }
    )
    return {**said, **seen, "signature": {"ed25519": sign(key, consenting.signed_bytes()), "at": at}}
