"""How the survey writes names, sizes, days and numbers, so that nothing in a name can do harm where it is shown."""

import re
from datetime import UTC, datetime


def visible(text: str) -> str:
    """The text with control, bidi and other unprintable characters written as escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def clip(text: str, length: int) -> str:
    """At most `length` characters, the last of them an ellipsis when some were cut."""
    return text if len(text) <= length else text[: length - 1] + "…"


def plain(text: str, length: int) -> str:
    """One line without control characters."""
    return clip(" ".join("".join(char if char.isprintable() else " " for char in text).split()), length)


def code(text: str) -> str:
    """A Markdown code span that the text cannot leave."""
    shown = visible(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if fence != "`" or shown != shown.strip() or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def escaped(text: str) -> str:
    """Markdown text in which every special character stands for itself."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&-])", r"\\\1", visible(text))


def size(count: int) -> str:
    """Bytes in the unit that fits: 999 B, 1.2 kB, 3.4 MB."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def day(seconds: float) -> str:
    """The UTC day of a Unix time; far outside the calendar, the number itself."""
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f} s"


def count(number: int, noun: str) -> str:
    """1 file, 2 files, 1,234 files."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
