"""Running one use of a connected client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from settings import Settings
from starter.client import Longhaul

T = TypeVar("T")


def connected(use: Callable[[Longhaul], Awaitable[T]]) -> T:
    """Runs `use` with a connected client. Raises `CommandError` for whatever a person can do something about."""
    return asyncio.run(_connected(use))


async def _connected(use: Callable[[Longhaul], Awaitable[T]]) -> T:
    settings = Settings.load()
    async with Longhaul.connect(settings) as longhaul:
        return await use(longhaul)
