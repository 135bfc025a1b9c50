"""What the stack remembers of each process it started: one small file each, under `<home>/stack/run`."""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from stack.files import write_private
from stack.processes import Command, birth, rotate, spawn


class Record(BaseModel):
    """One process: who it is, what it listens on, and whether we ended it."""

    model_config = ConfigDict(frozen=True)

    home: Path
    name: str
    pid: int
    born: str
    ports: dict[str, int] = {}
    since: datetime
    log_start: int = 0
    ended: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether that very process still runs."""
        return not self.ended and birth(self.pid) == self.born

    def save(self) -> None:
        write_private(_path(self.home, self.name), self.model_dump_json())

    def end(self) -> None:
        """Notes that we ended it: it is stopped, not dead; its ports are remembered."""
        try:
            self.model_copy(update={"ended": True}).save()
        except OSError:  # a full disk must not keep `down` from ending the rest
            _path(self.home, self.name).unlink(missing_ok=True)


def launch(home: Path, name: str, command: Command, ports: dict[str, int]) -> Record:
    """Starts a process and records it."""
    log_start = rotate(command.log)
    pid = spawn(command)
    born = birth(pid) or "dead"
    since = datetime.now(UTC)
    record = Record(home=home, name=name, pid=pid, born=born, ports=ports, since=since, log_start=log_start)
    record.save()
    return record


def read_record(home: Path, name: str) -> Record | None:
    """The record of that name; None when there is none, or when it came with a copied home."""
    return _read(_path(home, name), home)


def read_records(home: Path, prefix: str) -> list[Record]:
    """The records whose names begin so, in the order of their numbers."""
    paths = sorted((home / "stack" / "run").glob(f"{prefix}*.json"), key=lambda path: (len(path.name), path.name))
    return [record for path in paths if (record := _read(path, home))]


def _read(path: Path, home: Path) -> Record | None:
    try:
        record = Record.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    return record if record.home == home else None


def _path(home: Path, name: str) -> Path:
    return home / "stack" / "run" / f"{name}.json"
