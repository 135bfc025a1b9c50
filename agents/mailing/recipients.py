"""Reading the list: a CSV file with a header, in which each row is a mail and each column a placeholder.

UTF-8 (with or without a byte order mark), separated by comma, semicolon or tab, whichever the header has most of. A row
is numbered as a spreadsheet numbers it: the header is row 1. What is wrong with a row is said, and the row left out.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from agents.mail.address import is_address

EMAIL = "email"
SEPARATORS = ",;\t"
MOST_ROWS = 100_000
LONGEST_FIELD = 100_000


@dataclass(frozen=True)
class Recipient:
    """One row: its number, and its values by column."""

    row: int
    values: dict[str, str]

    @property
    def to(self) -> str:
        return self.values[EMAIL]


@dataclass(frozen=True)
class Fault:
    """Why a row, or the whole file (row None), cannot be mailed."""

    why: str
    row: int | None = None

    def __str__(self) -> str:
        return self.why if self.row is None else f"row {self.row}: {self.why}"


class Unusable(Exception):
    """The file is no list of recipients at all."""


def recipients(content: bytes) -> tuple[list[str], list[Recipient | Fault]]:
    """The columns, and for each row its recipient or its fault. Raises `Unusable`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unusable(f"it is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}") from None
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    columns = _columns(lines)
    return columns, _without_repeats(_rows(lines, columns))


def _separator(text: str) -> str:
    header = text.partition("\n")[0]
    return max(SEPARATORS, key=header.count)


def _columns(lines: Iterator[list[str]]) -> list[str]:
    try:
        columns = [name.strip() for name in next(lines, [])]
    except csv.Error as error:
        raise Unusable(f"its header cannot be read: {error}") from None
    columns = [EMAIL if name.lower() == EMAIL else name for name in columns]
    if columns.count(EMAIL) != 1:
        raise Unusable(f"its header must name one column `email`; it names {', '.join(columns) or 'none'}"[:300])
    if repeated := next((name for name in columns if columns.count(name) > 1), None):
        raise Unusable(f"its header names the column {repeated!r} twice")
    return columns


def _rows(lines: Iterator[list[str]], columns: list[str]) -> Iterator[Recipient | Fault]:
    row = 1
    while True:
        row += 1
        try:
            fields = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            yield Fault(f"it cannot be read: {error}", row)
            continue
        if row > MOST_ROWS + 1:
            raise Unusable(f"it has more than {MOST_ROWS:,} rows; split it")
        if fields:
            yield _recipient(row, fields, columns)


def _recipient(row: int, fields: list[str], columns: list[str]) -> Recipient | Fault:
    if len(fields) != len(columns):
        return Fault(f"it has {len(fields)} fields, the header has {len(columns)}", row)
    if any("\0" in field for field in fields):
        return Fault("it holds a NUL character", row)
    values = {name: field.strip() for name, field in zip(columns, fields, strict=True)}
    if not is_address(values[EMAIL]):
        return Fault(f"{values[EMAIL][:80]!r} is no plain mail address", row)
    return Recipient(row, values)


def _without_repeats(found: Iterator[Recipient | Fault]) -> list[Recipient | Fault]:
    """An address that stands there again is a fault: nobody gets two mails."""
    first, kept = dict[str, int](), list[Recipient | Fault]()
    for each in found:
        if isinstance(each, Fault):
            kept.append(each)
            continue
        earlier = first.setdefault(each.to.lower(), each.row)
        again = Fault(f"{each.to} stands in row {earlier} already", each.row)
        kept.append(each if earlier == each.row else again)
    return kept
