"""The witness of one run: a file of lines, one for each thing that happened; effects are fsynced.

    begun      a process comes to the effect
    applied    the effect happened: this line is the effect
    forgiven   it came again under a key that the witness had, and did not happen again
    looked     somebody asked whether an effect is there, a tool or a person
    answered   a person was asked what became of an effect, and said
    died       the process ends itself by SIGKILL, as planned
    ended      the run is over

An effect that is made inside a transaction of Postgres is a row there, and has no `applied` line.
"""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from bench.peers.plan import Kill, Moment

What = Literal["begun", "applied", "forgiven", "looked", "answered", "died", "ended"]


@dataclass(frozen=True)
class Seen:
    """One line: what happened to which effect (from 0; -1 for the run as a whole), when (Unix seconds), who did it."""

    what: What
    effect: int
    at: float
    pid: int = 0
    key: str = ""


class Witness:
    """The witness of the run that has this folder, and the kills that are armed for it."""

    def __init__(self, folder: Path, pace: float = 0.0) -> None:
        self.folder = folder
        self.pace = pace
        """Seconds that an effect takes."""
        self.path = folder / "witness"

    def arm(self, kills: Iterable[Kill]) -> None:
        """Each kill is a file, which who dies of it takes away first: it kills once."""
        self.folder.mkdir(parents=True)
        for kill in kills:
            (self.folder / kill.name).touch()

    def make(self, effect: int, key: str = "", *, honours_keys: bool = False) -> None:
        """The effect, with the process dying before or after it where that is planned."""
        with self.around(effect), self._locked():
            had = honours_keys and self.has(key)
            self._write("forgiven" if had else "applied", effect, key)

    @contextmanager
    def around(self, effect: int) -> Iterator[None]:
        """An effect that the block makes: the process may die when it comes to it, and right after it."""
        self._write("begun", effect)
        time.sleep(self.pace)
        self._die_if_planned(effect, "before")
        yield
        self._die_if_planned(effect, "after")

    def has(self, key: str) -> bool:
        """Whether an effect happened under that key."""
        return any(seen.key == key for seen in self.lines() if seen.what == "applied")

    def look(self, effect: int, key: str) -> bool:
        """The same, for a tool or a person who asks; that they did is a line too."""
        self._write("looked", effect)
        return self.has(key)

    def answered(self, effect: int) -> None:
        """A person has said what became of the effect."""
        self._write("answered", effect)

    def ended(self) -> None:
        """The run is over."""
        self._write("ended", -1)

    def lines(self) -> list[Seen]:
        """Everything that happened so far."""
        if not self.path.exists():
            return []
        return [Seen(**json.loads(line)) for line in self.path.read_text(encoding="utf-8").splitlines()]

    def _write(self, what: What, effect: int, key: str = "") -> None:
        line = json.dumps(asdict(Seen(what, effect, time.time(), os.getpid(), key))) + "\n"
        with self.path.open("a", encoding="utf-8") as file:  # one short write to a file that is only appended to
            file.write(line)
            file.flush()
            if what == "applied":
                os.fsync(file.fileno())

    def _die_if_planned(self, effect: int, moment: Moment) -> None:
        armed = self.folder / Kill(effect, moment).name
        try:
            armed.rename(armed.with_suffix(".done"))
        except FileNotFoundError:
            return
        self._write("died", effect)
        os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / "lock").open("w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
