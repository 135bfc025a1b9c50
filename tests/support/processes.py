"""Worker processes of a test: started, killed, suspended, ended by pid."""

import signal
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from chaos.campaign.fleet import environment
from settings import Settings
from tests.support.forked import Forked


class WorkerProcess:
    """One worker process at a time, for the settings of a test: the toy's, or with no witness the product's own."""

    def __init__(self, settings: Settings, witness: Path | None = None, changed: str = "") -> None:
        self.settings = settings
        self.witness = witness
        self.changed = changed
        """Which workflow is one of another release: `job`, `agent` or none."""
        self.process: Forked | None = None
        self.all: list[Forked] = []
        self.log = settings.home.parent / "worker.log"

    def start(self) -> Forked:
        """Starts a worker; the one before may still be there."""
        self.process = Forked(self._module(), _environment(self.settings), self.log, self.log)
        self.all.append(self.process)
        return self.process

    def _module(self) -> list[str]:
        if self.witness is None:
            return ["worker"]
        changed = ["tests.support.changed_worker", str(self.witness), self.changed]
        return changed if self.changed else ["tests.support.worker", str(self.witness)]

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def ready(self) -> bool:
        """Whether the one that was started last is at work."""
        assert self.process is not None
        return f"worker {self.process.pid} is ready" in self.log.read_text(encoding="utf-8")

    def drain(self) -> Forked:
        """SIGTERM, as an orchestrator ends a worker; returns at once."""
        assert self.process is not None
        self.process.terminate()
        return self.process

    def fell(self) -> bool:
        """Whether it died of SIGKILL, by its own hand at a crash point."""
        assert self.process is not None
        code = self.process.poll()
        assert code in (None, -signal.SIGKILL), f"it ended with {code}: {self.log.read_text(encoding='utf-8')[-2000:]}"
        return code is not None

    def stands_still(self) -> bool:
        """Whether one of its processes is suspended, by its own hand at a crash point."""
        return bool(self.sleepers())

    def sleepers(self) -> list[Forked]:
        """Those of its processes that are suspended."""
        return [each for each in self._living() if psutil.Process(each.pid).status() == psutil.STATUS_STOPPED]

    def wake(self, *which: Forked | None) -> None:
        """SIGCONT for these, or for all that are suspended."""
        for each in which or self._living():
            assert each is not None
            each.send_signal(signal.SIGCONT)

    def _living(self) -> list[Forked]:
        return [each for each in self.all if each.poll() is None]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self.all:
            if process.poll() is None:
                process.kill()
            process.wait()


def _environment(settings: Settings) -> dict[str, str]:
    more = {
        "LONGHAUL_MAIL_URL": settings.secret("mail_url") or "",
        "LONGHAUL_METRICS": settings.metrics or "",
        "LONGHAUL_CAPABILITIES": ",".join(settings.capabilities),
    }
    return environment(settings, more)
