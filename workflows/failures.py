"""What an activity's failure means for a job."""

from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    TimeoutError,  # noqa: A004 - Temporal's own
)

from domain.events import FaultKind

KINDS: dict[str, FaultKind] = {
    "RateLimited": "rate_limited",
    "Refused": "refused",
    "Unstorable": "invalid",
    "InvalidAnswer": "invalid",
}


def fault_of(error: ActivityError) -> tuple[FaultKind, str]:
    """The kind of the failure, and its words (at most 500 characters)."""
    match error.cause:
        case CancelledError():
            return "cancelled", "it was cancelled"
        case TimeoutError() as cause:
            return "timeout", str(cause)[:500]
        case ApplicationError() as cause:
            return KINDS.get(cause.type or "", "crashed"), cause.message[:500]
        case cause:
            return "crashed", str(cause or error)[:500]


def is_journal_behind(error: ActivityError) -> bool:
    """Whether the journal lacks what the workflow has seen."""
    return isinstance(error.cause, ApplicationError) and error.cause.type == "JournalBehind"
