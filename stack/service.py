"""What the three services have in common, and how one of them is brought up.

    (none) ──spawn──▶ started ──is ready──▶ running ──end──▶ stopped
                         │                     └──killed──▶ dead ──▶ spawned anew by the next `up`
                         └──dies──▶ ServiceDied, with the last lines of its log

A process of ours without a record (the command that started it was killed at that moment, or the home was removed
under it) is ended and started anew: its ports are not known, and two servers on one data directory would spoil it.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from settings import Settings
from stack import ports
from stack.errors import DiskFull, ServiceDied, ServiceStuck
from stack.files import excerpt, space_left, told_plainly
from stack.places import Places, Say
from stack.processes import Command, Patience, birth, end, find, is_suspended, wait_until
from stack.records import Record, launch, read_record

ATTEMPTS = 5


@dataclass(frozen=True)
class Service(ABC):
    """One server of the stack."""

    settings: Settings
    places: Places
    say: Say

    name: ClassVar[str]
    title: ClassVar[str]
    listeners: ClassVar[tuple[str, ...]]
    ways_to_end: ClassVar[Sequence[Patience]]
    ready_seconds: ClassVar[float] = 60

    @abstractmethod
    def is_ours(self, argv: list[str]) -> bool:
        """Whether a process with these arguments is this server of this home."""

    @abstractmethod
    def prepare(self) -> None:
        """Makes what the server needs before it starts; all of it may already be there."""

    @abstractmethod
    def command(self, chosen: dict[str, int]) -> Command:
        """How the server is started on these ports."""

    @abstractmethod
    def not_ready(self, chosen: dict[str, int]) -> str | None:
        """Why it cannot be used yet; None when it can."""

    @abstractmethod
    def endpoints(self, record: Record) -> dict[str, str]:
        """The fields of `Endpoints` that it answers for."""

    def clear_remains(self) -> None:  # noqa: B027 - only Postgres leaves any
        """Clears what a dead predecessor left behind."""

    @property
    def log(self) -> Path:
        return self.places.log(self.name)

    def address(self, record: Record) -> str:
        return f"{ports.LOOPBACK}:{record.ports[self.listeners[0]]}"

    def up(self) -> Record:
        """Running and ready when this returns."""
        found = self.running()
        if found:
            self._note_port_change(found)
            if self._wait_ready(found):
                self.say(f"{self.title} already runs at {self.address(found)}")
                return found
        with told_plainly(self.places.data):
            self.prepare()
            return self._start()

    def running(self) -> Record | None:
        record = read_record(self.places.home, self.name)
        return record if record and record.is_alive else None

    def down(self, *, kill: bool = False) -> None:
        """Ended when this returns, and its record says so."""
        record = self.running()
        if record:
            used = end(record.pid, record.born, () if kill else self.ways_to_end)
            forced = " (it had to be killed: SIGKILL)" if used and used.name == "SIGKILL" and not kill else ""
            self.say(f"{self.title} ended{forced}")
            record.end()
        self._end_unrecorded()

    def _start(self) -> Record:
        self._end_unrecorded()
        for attempt in range(1, ATTEMPTS + 1):
            self.clear_remains()
            chosen = self._choose_ports(attempt)
            record = launch(self.places.home, self.name, self.command(chosen), chosen)
            if self._wait_ready(record):
                self.say(f"{self.title} runs at {self.address(record)}")
                return record
            if all(ports.is_free(port) for port in chosen.values()):
                break
        raise self._death(record)

    def _choose_ports(self, attempt: int) -> dict[str, int]:
        last = read_record(self.places.home, self.name)
        wishes = [ports.wish(self.settings, listener) for listener in self.listeners]
        return ports.choose(wishes, last.ports if last else {}, self.say, scattered=attempt > 1)

    def _wait_ready(self, record: Record) -> bool:
        """False when the process died; raises `ServiceStuck` when it lives and does not answer."""
        why = [""]

        def settled() -> bool:
            why[0] = self.not_ready(record.ports) or self._answers_for_another(record) or ""
            return not why[0] or not record.is_alive

        if not wait_until(settled, self.ready_seconds, every=0.03):
            suspended = " (it is suspended: kill -CONT it)" if is_suspended(record.pid) else ""
            raise ServiceStuck(
                f"{self.title}, pid {record.pid}{suspended}: {why[0]}; see {self.log}, or `longhaul down`"
            )
        return record.is_alive

    def _answers_for_another(self, record: Record) -> str | None:
        """Two homes that start at once may choose one port; the loser, dying, must not take the other's answer."""
        others = [port for port in record.ports.values() if not ports.listens(record.pid, port)]
        return f"another process answers on {others[0]}" if others else None

    def _death(self, record: Record) -> Exception:
        words = excerpt(self.log, record.log_start)
        if "No space left on device" in words or "disk is full" in words:
            return DiskFull(space_left(self.places.data))
        return ServiceDied(f"{self.title}; its log {self.log} says:\n{words}")

    def _end_unrecorded(self) -> None:
        known = self.running()
        for pid in find(self.is_ours):
            born = birth(pid)
            if born and (known is None or pid != known.pid):
                self.say(f"{self.title}: ending pid {pid}, which an interrupted command left")
                end(pid, born, self.ways_to_end)

    def _note_port_change(self, record: Record) -> None:
        for listener, port in record.ports.items():
            asked = ports.wish(self.settings, listener)
            if asked.asked and asked.asked != port:
                self.say(
                    f"{self.title} stays on port {port}; {asked.variable}={asked.asked} holds after `longhaul down`"
                )


def clean_environment(**more: str) -> dict[str, str]:
    """What a server needs of our environment: no secrets of ours, no variables that configure it behind our back."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "TZ") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", **more}
