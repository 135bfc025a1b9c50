"""What a process is sent to do, and how it tells how long that took. `python -m MODULE ERRAND.json [again]`."""

import faulthandler
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.peers.witness import Witness

STILL_SECONDS = 60.0
TOGETHER = 40
"""At most so many runs at once in one process."""


@dataclass(frozen=True)
class Errand:
    """Carry these runs to their end, `way` being how the effects are made, and end.

    `together` carries all at once, else one after the other. With `warm` the first run is carried before the clock
    starts. With `idle` there are no runs: be there for so many seconds, as a process without work. `pace` is what an
    effect takes, in seconds. `name` tells the process from all others: executor id, task queue.
    """

    path: str
    name: str
    way: str
    runs: tuple[str, ...] = ()
    effects: int = 0
    together: bool = False
    warm: bool = False
    idle: float = 0.0
    pace: float = 0.0

    def save(self) -> None:
        """Writes it where its process reads it."""
        Path(self.path).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def given(cls) -> "Errand":
        """The errand of this process, which tells its log where it stands should it stand still for long."""
        faulthandler.dump_traceback_later(STILL_SECONDS, repeat=True)
        loaded = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        return cls(**{**loaded, "runs": tuple(loaded["runs"])})

    @property
    def again(self) -> bool:
        """Whether a process before this one has begun these runs, and died."""
        return "again" in sys.argv[2:]

    def witness(self, run: str) -> Witness:
        """The witness of one of the runs."""
        return Witness(Path(self.path).parent / run, self.pace)

    def legs(self) -> Iterator[tuple[str, ...]]:
        """The runs in groups, each to be carried to its end before the next is asked for; the clock runs meanwhile."""
        first = 1 if self.warm else 0
        if self.warm:
            yield self.runs[:first]
        timed, began = self.runs[first:], time.monotonic()
        yield from [timed] if self.together else [(run,) for run in timed]
        self.seconds.write_text(str(time.monotonic() - began), encoding="utf-8")

    @property
    def seconds(self) -> Path:
        """The file with what the clock showed."""
        return Path(self.path).with_suffix(".seconds")


def leave() -> None:
    """Ends the process at once: what is native in some of these libraries can abort at the interpreter's end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
