"""The witness: one line for each effect, appended and fsynced by whoever has it, read by the test."""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any


class Witness:
    """A file of effects."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def applied(self, tool: str, key: str, once_a_key: bool = False) -> bool:
        """An effect happens; with `once_a_key` the target forgives a repeated key. Says whether it was new."""
        with self.path.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            if once_a_key and any(json.loads(line)["key"] == key for line in file):
                return False
            file.write(json.dumps({"tool": tool, "key": key, "pid": os.getpid(), "at": time.time()}) + "\n")
            file.flush()
            os.fsync(file.fileno())
            return True

    def effects(self) -> list[dict[str, Any]]:
        """Everything that happened."""
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]

    def knows(self, key: str) -> bool:
        """Whether an effect with that key happened."""
        return any(effect["key"] == key for effect in self.effects())

    def let_go(self) -> None:
        """Lets the held tools return."""
        self._gate.touch()

    def lets_go(self) -> bool:
        return self._gate.exists()

    @property
    def _gate(self) -> Path:
        return self.path.with_suffix(".gate")

    def repeated(self) -> set[str]:
        """Keys with more than one effect."""
        keys = [effect["key"] for effect in self.effects()]
        return {key for key in keys if keys.count(key) > 1}
