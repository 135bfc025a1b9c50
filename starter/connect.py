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
    return asyncio.run(work)


async def _connected(use: Callable[[Longhaul], Awaitable[T]]) -> T:
    settings = Settings.load()
    async with Longhaul.connect(settings) as longhaul:
        return await use(longhaul)
