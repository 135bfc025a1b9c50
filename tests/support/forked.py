"""`python -m MODULE` without the second of imports: a process that is forked from one which has imported everything.

The tests start hundreds of commands and workers. Each is a process of its own all the same, with the arguments,
variables and outputs that it would have from a shell; only what an interpreter reads as it starts has been read before.
"""

import json
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any

from starter.app import COMMANDS, GROUPS

FORKING = multiprocessing.get_context("forkserver")
MODULES = {*COMMANDS, *(module for modules in GROUPS.values() for module in modules.values())}
FORKING.set_forkserver_preload(["tests.support.changed_worker", *(f"starter.commands.{each}" for each in MODULES)])

ASKING = threading.Lock()
"""Who starts a process asks for the end of all others, and an exit code can be read once."""


class Forked:
    """A process that runs a module with these arguments; what it says is added to the files."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], out: Path, err: Path) -> None:
        self._process = FORKING.Process(target=_run, args=(list(words), dict(environment), out, err), daemon=True)
        for path in (out, err):
            path.touch()
        with ASKING:
            self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or the negative number of the signal that ended it; None while it lives."""
        with ASKING:
            return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def wait(self, seconds: float | None = None) -> int:
        """Waits for its end. Raises `TimeoutError`."""
        connection.wait([self._process.sentinel], seconds)
        code = self.returncode
        if code is None:
            raise TimeoutError(f"process {self.pid} has not ended after {seconds} s")
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Sends a signal, if it lives."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def ran(words: Sequence[str], environment: Mapping[str, str], seconds: float) -> Said:
    """Runs a module to its end. Raises `TimeoutError` when that takes longer."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        command = Forked(words, environment, out, err)
        try:
            code = command.wait(seconds)
        finally:
            command.kill()
        return Said(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


def _run(words: list[str], environment: dict[str, str], out: Path, err: Path) -> None:
    for number, path in ((1, out), (2, err)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.argv = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
