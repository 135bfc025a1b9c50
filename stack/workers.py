"""Background `longhaul worker` processes, `worker-1` and so on: `up --workers` starts them, `down` ends them first."""

import os
from collections.abc import Sequence
from pathlib import Path
from signal import Signals

from settings import Settings
from stack.errors import ServiceDied
from stack.files import excerpt
from stack.lock import at_work
from stack.places import Say, log_of
from stack.processes import Command, Patience, end, send, wait_until
from stack.records import Record, launch, read_record, read_records

PREFIX = "worker-"
WAYS_TO_END = (Patience(Signals.SIGTERM, 30),)
READY_SECONDS = 60.0


def start_workers(settings: Settings, count: int, argv: Sequence[str], say: Say, ready_line: str = "") -> list[Record]:
    """Has workers 1 to `count` running; those that run already are left alone.

    `ready_line` is what a worker writes to its log (stdout or stderr) once it polls; without one, nobody waits for it.
    """
    names = [f"{PREFIX}{number}" for number in range(1, count + 1)]
    with at_work(settings.home, say):
        records = [_start(settings.home, name, argv, say) for name in names]
    for record in records:
        if ready_line:
            _await_line(record, ready_line)
    return records


def _start(home: Path, name: str, argv: Sequence[str], say: Say) -> Record:
    found = read_record(home, name)
    if found and found.is_alive:
        say(f"{name} already runs (pid {found.pid})")
        return found
    env = {**os.environ, "LONGHAUL_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    command = Command(argv, log_of(home, name), Path.cwd(), env, umask=-1)  # a person reads the files a worker writes
    record = launch(home, name, command, {})
    say(f"{name} started (pid {record.pid}), log {command.log}")
    return record


def _await_line(record: Record, line: str) -> None:
    log = log_of(record.home, record.name)

    def settled() -> bool:
        return _says(log, line, record.log_start) or not record.is_alive

    wait_until(settled, READY_SECONDS, every=0.05)
    if not record.is_alive:
        raise ServiceDied(f"{record.name}; its log {log} says:\n{excerpt(log, record.log_start)}")


def _says(log: Path, line: str, start: int) -> bool:
    with log.open("rb") as file:
        file.seek(start)
        return line.encode() in file.read()


def running_workers(home: Path) -> list[Record]:
    """The workers that run now."""
    return [record for record in read_records(home, PREFIX) if record.is_alive]


def stop_workers(home: Path, say: Say, names: Sequence[str] = (), *, kill: bool = False) -> None:
    """Ends these workers, or all: all are asked at once, then each is awaited."""
    chosen = [record for record in running_workers(home) if not names or record.name in names]
    for record in chosen:
        send(record.pid, record.born, Signals.SIGKILL if kill else Signals.SIGTERM)
    for record in chosen:
        used = end(record.pid, record.born, () if kill else WAYS_TO_END)
        record.end()
        say(
            f"{record.name} ended" + (" (it had to be killed: SIGKILL)" if used == Signals.SIGKILL and not kill else "")
        )
