"""What a report calls the faults, what followed on them, and how jobs stand, in words for people."""

EVENTS = {
    "StepFailed": "a step gave no result",
    "ToolFailed": "a call failed, without effect",
    "AnswerInvalid": "a model's answer did not fit",
    "TurnLost": "a job's workflow was lost",
    "LossAccepted": "the journal was behind the workflow",
    "CallRenewed": "a call was sent again under its key",
    "OutcomeUnknown": "nobody knew whether a call went out",
    "LateOutcome": "a sender came back after it was given up",
}
KINDS = {"timeout": "time-out", "rate_limited": "rate limit", "crashed": "crash"}
FOLLOWED = {
    "moved": "the job went on",
    "returned": "it returned",
    "late": "its sender came back",
    "happened": "it had gone out",
    "unsent": "it had not gone out",
    "sent": "a person: it went out",
    "again": "a person: send it again",
    "skip": "a person: skip it",
    "expired": "nobody said in time",
    "void": "it mattered no longer",
    "cancelled": "the job was cancelled",
    "unknown": "unknown outcome",
    "waiting": "nothing yet",
    "failed": "the job failed",
}
NO_ROW = "without a row"


def fault_words(name: str) -> str:
    """A kind of fault, such as `StepFailed timeout`."""
    event, _, kind = name.partition(" ")
    return EVENTS.get(event, event) + (f" ({KINDS.get(kind, kind)})" if kind else "")


def followed_words(name: str) -> str:
    """What followed on a fault."""
    return FOLLOWED.get(name, name)


def status_words(status: str | None) -> str:
    """How jobs stand."""
    return NO_ROW if status is None else status.replace("_", " ")
