"""Running one use of a connected client."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from settings import Settings
from starter.client import Longhaul

T = TypeVar("T")


def connected(use: Callable[[Longhaul], Awaitable[T]]) -> T:
    """Runs `use` with a connected client. Raises `CommandError` for whatever a person can do something about."""
    return in_loop(_connected(use))


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end."""
    return asyncio.run(_until_cancelled(work))


async def _until_cancelled(work: Coroutine[Any, Any, T]) -> T:
    """Ctrl-C cancels the work until it has ended: a library on the way may swallow a cancellation."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=1)
        raise
    return task.result()


async def _connected(use: Callable[[Longhaul], Awaitable[T]]) -> T:
    settings = Settings.load()
    async with Longhaul.connect(settings) as longhaul:
        return await use(longhaul)
