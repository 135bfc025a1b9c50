"""A process that stands still for a while, and what waits for other processes."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

from chaos.campaign.edge import Edge

UNHEARD_SECONDS = 0.7


async def suspended(pid: int, seconds: float, unheard: Edge | None = None) -> None:
    """It wakes up while nothing comes through the edge that is `unheard`."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        if unheard:
            unheard.hold("replies")
        os.kill(pid, signal.SIGCONT)
    if unheard:
        await asyncio.sleep(UNHEARD_SECONDS)
        unheard.release()


async def until(holds: Callable[[], bool], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - what is awaited is another process
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False
    return True
