"""The campaign's workers: as many as there should be, each a child of its own; one that died is started again."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from chaos.campaign.worker import WITHOUT, WORLD
from settings import PREFIX, Settings

LOOK_SECONDS = 0.1
READY_SECONDS = 30.0


@dataclass(frozen=True)
class Worker:
    """One worker process, and where it writes."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    @property
    def was_ready(self) -> bool:
        """Whether it has been at work."""
        return f"worker {self.pid} is ready" in self._said()

    @property
    def last_words(self) -> str:
        return " | ".join(self._said().strip().splitlines()[-3:])[-500:]

    def _said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


class Fleet:
    """`died` tells of workers that were at work and ended, though nobody had meant them to.

    One that finds no server when it starts ends as well, as it should: the next one is started.
    """

    def __init__(self, settings: Settings, world: str, folder: Path, count: int, without: str = "") -> None:
        self.environment = environment(settings, {WORLD: world, WITHOUT: without})
        self.folder = folder
        self.workers: list[Worker] = []
        self.count = count
        self.died: list[str] = []
        self._doomed = set[int]()
        self._started = 0

    async def keep(self) -> None:
        """Keeps the number of workers, until it is cancelled."""
        while True:
            self._bury()
            while len(self.workers) < self.count:
                self._start()
            await asyncio.sleep(LOOK_SECONDS)

    async def ready(self) -> None:
        """Returns when all of them are at work. Raises `TimeoutError`."""
        async with asyncio.timeout(READY_SECONDS):
            while not self._all_ready():  # noqa: ASYNC110 - what is awaited is another process
                await asyncio.sleep(LOOK_SECONDS)

    def pick(self, number: int) -> Worker | None:
        """One of those that are at work; none while none is."""
        ready = [worker for worker in self.workers if worker.lives and worker.was_ready]
        return ready[number % len(ready)] if ready else None

    def end(self, worker: Worker, how: signal.Signals = signal.SIGKILL) -> None:
        """Sends the signal that ends it."""
        self._doomed.add(worker.pid)
        worker.process.send_signal(how)

    def end_all(self) -> None:
        """SIGKILL for all, at the end."""
        for worker in self.workers:
            worker.process.kill()
            worker.process.wait()

    def limit_files(self, most: int) -> None:
        """So many bytes may a file of the workers have from now on; -1 for no limit."""
        for worker in self.workers:
            if worker.lives:
                process = psutil.Process(worker.pid)
                process.rlimit(psutil.RLIMIT_FSIZE, (most, process.rlimit(psutil.RLIMIT_FSIZE)[1]))

    def _start(self) -> None:
        self._started += 1
        path, command = self.folder / f"worker-{self._started}.log", [sys.executable, "-m", "chaos.campaign.worker"]
        with path.open("wb") as log:
            process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)  # noqa: S603 - ourselves
        self.workers.append(Worker(process, path))

    def _bury(self) -> None:
        for worker in [each for each in self.workers if not each.lives]:
            self.workers.remove(worker)
            code = worker.process.returncode
            drained = worker.pid in self._doomed and code == 0
            if code != -signal.SIGKILL and not drained and worker.was_ready:
                self.died.append(f"a worker ended by itself with {code}: {worker.last_words}")

    def _all_ready(self) -> bool:
        return sum(worker.was_ready for worker in self.workers) >= self.count


def environment(settings: Settings, more: Mapping[str, str]) -> dict[str, str]:
    """That of a worker with these settings: ours without any of its own, and what is `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "TEMPORAL_"))}
    return {
        **kept,
        "LONGHAUL_HOME": str(settings.home),
        "LONGHAUL_POSTGRES_DSN": settings.needed("postgres_dsn"),
        "LONGHAUL_REDIS_URL": settings.needed("redis_url"),
        "TEMPORAL_ADDRESS": settings.temporal_address or "",
        "LONGHAUL_TASK_QUEUE": settings.task_queue,
        "LONGHAUL_HEARTBEAT_SECONDS": str(settings.heartbeat_seconds),
        "LONGHAUL_WORKFLOW_TASK_TIMEOUT_SECONDS": str(settings.workflow_task_timeout_seconds),
        "LONGHAUL_UPKEEP_SECONDS": str(settings.upkeep_seconds),
        "LONGHAUL_CRASH_POINTS": str(settings.crash_points or ""),
        "LONGHAUL_MODEL_CALLS_PER_MINUTE": str(settings.model_calls_per_minute),
        "LONGHAUL_TOOL_CALLS_PER_MINUTE": str(settings.tool_calls_per_minute),
        **more,
    }
