"""What commands print: data to stdout, progress and the next command to stderr; untrusted text is cleaned first."""

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, Literal

Format = Literal["text", "json", "jsonl"]


class Exit(IntEnum):
    """What a command's exit code says."""

    DONE = 0
    FAILED = 1
    REFUSED = 2
    WAITS = 3
    TIMED_OUT = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot do what was asked; the message is one sentence, `code` the exit code."""

    def __init__(self, message: str, code: Exit = Exit.REFUSED) -> None:
        super().__init__(message)
        self.code = code


def clean(text: str) -> str:
    """Text without the control characters that could steer a terminal; line breaks and tabs stay."""
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )


def line(text: str, limit: int = 160) -> str:
    """Untrusted text as one line of at most `limit` characters."""
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


class NobodyReads(Exception):
    """Whoever read the output has closed it, as `head` does: the command ends, and nothing is wrong."""


def show(text: str) -> None:
    """Prints a line of data. Raises `NobodyReads`."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered goes nowhere, quietly
        raise NobodyReads from None


def say(text: str) -> None:
    """Prints a line of progress."""
    print(text, file=sys.stderr, flush=True)


def next_commands(*commands: str) -> None:
    """Names what to try next."""
    for command in commands:
        say(f"{dim('next:')} {_callable(command)}")


def _callable(command: str) -> str:
    """The command as it can be typed here: by its path where `longhaul` is not on PATH."""
    name, _, rest = command.partition(" ")
    called = Path(sys.argv[0])
    if name != "longhaul" or called.name != "longhaul" or shutil.which("longhaul"):
        return command
    return f"{os.path.relpath(called)} {rest}"


def data(value: Any, form: Format = "json") -> None:
    """Prints a value as JSON, or a list as one JSON value a line."""
    rows = value if form == "jsonl" and isinstance(value, list) else [value]
    for row in rows:
        text = json.dumps(row, ensure_ascii=False, default=_plain, indent=None if form == "jsonl" else 2)
        show("".join(_escaped(character) for character in text))


def _escaped(character: str) -> str:
    """A character as JSON that no terminal obeys: the value stays the same."""
    steers = character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs")
    return json.dumps(character)[1:-1] if steers else character


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints rows under their column names, aligned."""
    cells = [list(columns), *([line(cell, 100) for cell in row] for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
    for number, row in enumerate(cells):
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        show(dim(text, sys.stdout) if number == 0 else text)


def clock(at: float | datetime | None) -> str:
    """A time as people read it, in UTC."""
    if at is None:
        return "-"
    moment = datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else at.astimezone(UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def dim(text: str, stream: Any = None) -> str:
    """Text that stands back, on a terminal."""
    return _styled("2", text, stream or sys.stderr)


def bold(text: str, stream: Any = None) -> str:
    """Text that stands out, on a terminal."""
    return _styled("1", text, stream or sys.stdout)


def _styled(code: str, text: str, stream: Any) -> str:
    plain = "NO_COLOR" in os.environ or not stream.isatty()
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
