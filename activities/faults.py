"""How Longhaul's errors travel through Temporal: by their class name, and retried only where that can help."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.exceptions import ApplicationError

from domain.errors import JournalBehind, JournalBroken, LonghaulError, NotFound, RateLimited, Refused, Unstorable

FINAL = (JournalBehind, JournalBroken, NotFound, Refused, Unstorable)


@asynccontextmanager
async def named() -> AsyncIterator[None]:
    """Raises Longhaul's errors as `ApplicationError` with the class name as its type."""
    try:
        yield
    except LonghaulError as error:
        final = isinstance(error, FINAL)
        delay = timedelta(seconds=error.retry_after) if isinstance(error, RateLimited) else None
        raise ApplicationError(
            str(error), type=type(error).__name__, non_retryable=final, next_retry_delay=delay
        ) from error
