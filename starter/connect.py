"""Running one use of a connected client."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from settings import Settings
from starter.client import Longhaul

T = TypeVar("T")

GOODBYE_SECONDS = 5.0
"""How long Ctrl-C waits for what was begun."""


def connected(use: Callable[[Longhaul], Awaitable[T]]) -> T:
    """Runs `use` with a connected client. Raises `CommandError` for whatever a person can do something about."""
    return in_loop(_connected(use))


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end. After Ctrl-C the loop is left as it is: the process ends (`starter.__main__`)."""
    runner = asyncio.Runner()
    try:
        result = runner.run(_until_cancelled(work))
    except KeyboardInterrupt:
        raise
    except BaseException:
        runner.close()
        raise
    runner.close()
    return result


async def _until_cancelled(work: Coroutine[Any, Any, T]) -> T:
    """Ctrl-C gives the work some seconds to end: a library on the way may have swallowed the cancellation."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task], timeout=GOODBYE_SECONDS)
        raise
    return task.result()


async def _connected(use: Callable[[Longhaul], Awaitable[T]]) -> T:
    settings = Settings.load()
    async with Longhaul.connect(settings) as longhaul:
        return await use(longhaul)
