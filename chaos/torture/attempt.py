"""One attempt at a call, as by a worker process of its own: a thread with its own event loop, connections and caches.

At each crash point it can be made to stand still. Then nothing of it goes on: no `finally`, no time-out, no heartbeat,
no rollback, as in a process after SIGSTOP. An attempt that is never let go again, and whose connections Postgres has
ended, stands for one after SIGKILL. (What a tool has handed to another thread or process goes on, as a request that is
on its way does.)
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable

from temporalio.testing import ActivityEnvironment

from activities.crash import CrashPoints
from domain.errors import LonghaulError

PATIENCE_SECONDS = 60.0


class Stuck(LonghaulError):
    """An attempt neither came to its crash point nor to its end."""


class Attempt(CrashPoints):
    """A thread that runs `work` once, between its stops. `passed` are the points that it came by."""

    def __init__(self, name: str, work: Callable[["Attempt"], Awaitable[None]]) -> None:
        super().__init__()
        self.name = name
        self.passed: list[str] = []
        self.error = ""
        self.ended = False
        self.environment = ActivityEnvironment()
        self._work = work
        self._stop_at: str | None = None
        self._news = asyncio.Queue[bool]()
        self._outside = asyncio.get_running_loop()
        self._inside: asyncio.AbstractEventLoop | None = None
        self._go = threading.Event()
        self._thread = threading.Thread(target=self._lived, name=name, daemon=True)

    async def until(self, point: str | None) -> bool:
        """Lets it run; says whether it stands still at the point now. Else it has ended."""
        self._stop_at = point
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._go.set()
        try:
            return await asyncio.wait_for(self._news.get(), PATIENCE_SECONDS)
        except TimeoutError:
            where = f"after {self.passed[-1]}" if self.passed else "before its call"
            raise Stuck(f"{self.name} hangs {where} for more than {PATIENCE_SECONDS:g} s") from None

    def cancel(self) -> None:
        """Has Temporal cancel it, which it learns as soon as its loop runs again."""
        self._soon(self.environment.cancel)

    def _soon(self, wish: Callable[[], None]) -> None:
        assert self._inside is not None
        self._inside.call_soon_threadsafe(wish)

    def __call__(self, point: str) -> None:
        """It comes by a crash point."""
        self.passed.append(point)
        if point != self._stop_at:
            return
        self._stop_at = None
        if threading.current_thread() is not self._thread:
            self._soon(self._stand_still)
        self._tell(True)
        self._stand_still()

    def _stand_still(self) -> None:
        self._go.wait()
        self._go.clear()

    def _lived(self) -> None:
        try:
            asyncio.run(self._life())
        except asyncio.CancelledError:
            self.error = "a cancellation"
        except Exception as error:  # noqa: BLE001 - a tool is foreign code, and an activity that fails is tried again
            self.error = " ".join(f"{type(error).__name__}: {error}".split())
        self.ended = True
        self._tell(False)

    async def _life(self) -> None:
        self._inside = asyncio.get_running_loop()
        await self._work(self)

    def _tell(self, stands: bool) -> None:
        self._outside.call_soon_threadsafe(self._news.put_nowait, stands)
