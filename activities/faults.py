"""How Longhaul's errors travel through Temporal: by their class name, and retried only where that can help."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.exceptions import ApplicationError

from domain.errors import JournalBehind, JournalBroken, LonghaulError, NotFound, RateLimited, Refused, Unstorable
from domain.words import words_of

LONGEST = 10_000
"""Bytes of an error's words."""
FINAL = (JournalBehind, JournalBroken, NotFound, Refused, Unstorable)


@asynccontextmanager
async def named() -> AsyncIterator[None]:
    """Raises Longhaul's errors as `ApplicationError` with the class name as its type.

    So it does with any other error whose words Temporal could not carry, which would end the whole worker.
    """
    try:
        yield
    except LonghaulError as error:
        final = isinstance(error, FINAL)
        delay = timedelta(seconds=error.retry_after) if isinstance(error, RateLimited) else None
        raise ApplicationError(
            words_of(error), type=type(error).__name__, non_retryable=final, next_retry_delay=delay
        ) from (error if _travels(error) else None)
    except Exception as error:
        if _travels(error):
            raise
        raise ApplicationError(words_of(error), type=type(error).__name__) from None


def _travels(error: BaseException) -> bool:
    """Whether Temporal can carry what the error and its causes say."""
    cause: BaseException | None = error
    while cause:
        try:
            if len(str(cause).encode()) > LONGEST:
                return False
        except Exception:  # noqa: BLE001 - an error that cannot even say what it says
            return False
        cause = cause.__cause__ or cause.__context__
    return True
