"""Blocking work beside the event loop, which ends soon after nobody waits for it any more."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Abandoned(Exception):
    """Nobody waits for this work any more."""


async def beside(work: Callable[[Callable[[], None]], T]) -> T:
    """Runs `work(still_wanted)` in a thread; `still_wanted()` raises `Abandoned` once the caller was cancelled."""
    stop = threading.Event()

    def still_wanted() -> None:
        if stop.is_set():
            raise Abandoned

    try:
        return await asyncio.to_thread(work, still_wanted)
    finally:
        stop.set()
