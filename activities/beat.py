"""Heartbeats: what tells Temporal within a second or two that a worker was killed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from temporalio import activity


@contextlib.asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Heartbeats while the block runs, four times within the heartbeat timeout; a short block needs none."""
    limit = activity.info().heartbeat_timeout
    pulse = asyncio.create_task(_beat(limit.total_seconds() / 4 if limit else 1.0))
    try:
        yield
    finally:
        pulse.cancel()
        await asyncio.gather(pulse, return_exceptions=True)


async def _beat(every: float) -> None:
    while True:
        await asyncio.sleep(every)
        activity.heartbeat()
