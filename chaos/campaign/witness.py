"""The witness: what has really happened, one line an effect, on disk before anybody is answered. It is never harmed."""

import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from domain.frozen import Frozen


class Line(Frozen):
    """One request for an effect. `applied` says whether it happened, or stood there already under its key.

    `attempt` is that of the activity, as Temporal counts; `checked` is when its sender made its
    last check (Unix seconds), by the sender's clock.
    """

    at: float
    tool: str
    key: str
    job: str
    item: str
    step: int
    attempt: int
    checked: float
    applied: bool


class Witness:
    """Writes the lines; several threads share it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._applied = set[str]()

    def takes(self, wish: Mapping[str, object], *, by_key: bool) -> Line:
        """An effect is wished for (what of a `Line` its sender knows); by key, a known one changes nothing."""
        with self._lock:
            known = by_key and wish["key"] in self._applied
            line = Line.model_validate({**wish, "at": time.time(), "applied": not known})
            self._applied.add(line.key)
            self._file.write(line.model_dump_json() + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            return line

    def knows(self, key: str) -> bool:
        """Whether an effect with that key happened."""
        with self._lock:
            return key in self._applied


def has(path: Path, key: str) -> bool:
    """Whether an effect with that key stands there."""
    return path.exists() and json.dumps({"key": key}, separators=(",", ":"))[1:-1] in path.read_text(encoding="utf-8")


def read(path: Path) -> tuple[Line, ...]:
    """Every line so far."""
    return tuple(Line.model_validate(each) for each in _lines(path))


def _lines(path: Path) -> Iterable[object]:
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from (json.loads(line) for line in file)
