"""The demo's own worker: started as a child, killed on purpose, started again."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from settings import Settings

QUEUE = "longhaul-demo"
HEARTBEAT = "1"


class DemoWorker:
    """One worker process at a time, on a task queue of its own."""

    def __init__(self, settings: Settings, mail_url: str) -> None:
        self.crash_points = settings.home / "demo"
        self.log = settings.home / "stack" / "logs" / "demo-worker.log"
        own = {
            "LONGHAUL_HOME": str(settings.home),
            "LONGHAUL_MAIL_URL": mail_url,
            "LONGHAUL_TASK_QUEUE": QUEUE,
            "LONGHAUL_HEARTBEAT_SECONDS": HEARTBEAT,
            "LONGHAUL_CRASH_POINTS": str(self.crash_points),
        }
        self.environment = {**os.environ, **own}
        self.kills = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the worker; what it says goes into its log."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "worker"]
            self._process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)  # noqa: S603

    def kill(self) -> None:
        """SIGKILL, now."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.kills += 1

    def arm(self, point: str) -> None:
        """Lets the worker kill itself with SIGKILL when it next comes to a crash point."""
        (self.crash_points / f"{point}.kill").touch()

    def fell(self) -> bool:
        """Whether it died at an armed crash point since it was last looked at."""
        assert self._process is not None
        if self._process.poll() != -signal.SIGKILL:
            return False
        self.kills += 1
        return True

    def __enter__(self) -> Self:
        self.crash_points.mkdir(parents=True, exist_ok=True)
        self.disarm()
        self.start()
        return self

    def disarm(self) -> None:
        """Takes every crash point away."""
        for left in Path(self.crash_points).glob("*.kill*"):
            left.unlink()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process is not None
        self.disarm()
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
