"""Processes that outlive the command which started them.

A process is known by its pid *and* its birth: a pid alone is soon another process's. A zombie counts as dead, for
nobody may reap it (a container without an init); children of our own are reaped whenever we look.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack.account import Account, drop_to

LOG_LIMIT = 10 * 2**20


@dataclass(frozen=True)
class Command:
    """What is started: its arguments, where, as whom, and where its output goes."""

    argv: Sequence[str]
    log: Path
    cwd: Path
    env: Mapping[str, str]
    account: Account | None = None
    umask: int = 0o077


def spawn(command: Command) -> int:
    """Starts a process in a session of its own and returns its pid."""
    with command.log.open("ab") as log:
        child = subprocess.Popen(
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=command.cwd,
            env=dict(command.env),
            start_new_session=True,
            umask=command.umask,
            **drop_to(command.account),
        )
    child.returncode = 0  # it outlives this object, which would else warn; `reap` collects it
    return child.pid


def reap(pid: int) -> None:
    """Collects a child of ours that has ended."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def birth(pid: int) -> str | None:
    """What tells this process from any other that had or will have its pid; None when it is dead."""
    reap(pid)
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return _ticks(pid) if sys.platform == "linux" else f"{process.create_time()}"
    except (psutil.Error, OSError):
        return None


def _ticks(pid: int) -> str:
    """Linux: the start in ticks since boot, which a changed wall clock does not move."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[19]}"


def is_suspended(pid: int) -> bool:
    """Whether the process was stopped by SIGSTOP."""
    with suppress(psutil.Error):
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    return False


def find(is_it: Callable[[list[str]], bool]) -> list[int]:
    """The pids of the live processes whose arguments are the ones."""
    return [pid for pid, argv in _command_lines() if argv and is_it(argv)]


def _command_lines() -> Iterator[tuple[int, list[str]]]:
    for process in psutil.process_iter(["cmdline", "status"]):
        if process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
            yield process.pid, process.info["cmdline"] or []


@dataclass(frozen=True)
class Patience:
    """A signal, and how many seconds the process is given to follow it."""

    signal: signal.Signals
    seconds: float


def end(pid: int, born: str, ways: Sequence[Patience]) -> signal.Signals | None:
    """Asks a process to end, each way in turn and SIGKILL at last; returns the signal it took, None if it was dead."""
    for way in (*ways, Patience(signal.SIGKILL, 10)):
        if not send(pid, born, way.signal):
            return None
        if wait_until(lambda: birth(pid) != born, way.seconds):
            return way.signal
    return None


def send(pid: int, born: str, which: signal.Signals) -> bool:
    """Sends a signal to that process and to no other; a suspended one is woken to follow it."""
    if birth(pid) != born:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, which)
        os.kill(pid, signal.SIGCONT)
    return True


def wait_until(condition: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
    """Polls until the condition holds; False when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def rotate(log: Path) -> int:
    """Puts a large log aside; returns where the next run's output will begin in it."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    return log.stat().st_size if log.exists() else 0
