"""A rendered batch: every mail that one consent covers.

    Batch ──sha256──▶ group ──▶ letters
      rows and addresses          subject and text of each row

The batch is one artifact that names its groups by their SHA-256, and each group is one artifact with its mails in full.
So the digest of the batch stands for every character of every mail, and sending one mail reads one group.
"""

import json
from collections.abc import Iterable
from functools import cached_property, lru_cache

from pydantic import TypeAdapter

from domain.canonical import canonical
from domain.frozen import Digest, Frozen

LEAST_IN_A_GROUP = 100
MOST_GROUPS = 50
"""So a list of ten thousand is fifty lines of TODO.md."""


class Letter(Frozen):
    """One mail in full. `row` is the row of the list as a spreadsheet numbers it: the header is row 1."""

    row: int
    to: str
    subject: str
    text: str


class Group(Frozen):
    """Some mails that follow each other: the artifact that holds them, and who they are for (row, address)."""

    sha256: Digest
    rows: tuple[tuple[int, str], ...]

    @property
    def name(self) -> str:
        """The first and the last row."""
        return f"{self.rows[0][0]}-{self.rows[-1][0]}"


class Batch(Frozen):
    """All mails of one mailing. `subject` is the template's, with its placeholders."""

    subject: str
    groups: tuple[Group, ...]

    @property
    def mails(self) -> int:
        return sum(len(group.rows) for group in self.groups)

    @cached_property
    def named(self) -> dict[str, Group]:
        """The groups by their names."""
        return {group.name: group for group in self.groups}

    def group_of(self, row: int) -> Group | None:
        """The group among whose rows this one would stand."""
        return next((group for group in self.groups if group.rows[0][0] <= row <= group.rows[-1][0]), None)


_LETTERS = TypeAdapter(tuple[Letter, ...])


def dumped(value: Batch | Iterable[Letter]) -> bytes:
    """The bytes of a batch, or of the letters of a group."""
    if isinstance(value, Batch):
        return canonical(value.model_dump(mode="json"))
    return canonical([letter.model_dump(mode="json") for letter in value])


@lru_cache(maxsize=4)
def batch_of(content: bytes) -> Batch:
    """The batch that an artifact holds."""
    return Batch.model_validate(json.loads(content))


@lru_cache(maxsize=8)
def letters_of(content: bytes) -> dict[int, Letter]:
    """The letters that a group's artifact holds, by row."""
    return {letter.row: letter for letter in _LETTERS.validate_python(json.loads(content))}


def group_size(mails: int) -> int:
    """How many mails stand in a group, in a batch of so many."""
    return max(LEAST_IN_A_GROUP, -(-mails // MOST_GROUPS))
