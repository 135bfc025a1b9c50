"""Entries that stand against each other: both are there in the place of the same older one.

It comes of two changes of one entry at the same time, such as a person's in the file, who had not seen the agent's.
Both are kept, each naming what it replaced (`supersedes`); the agent is to settle it. Nothing is stored of a dispute:
it is there as long as both are, and gone when one of them is forgotten, superseded or archived.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from domain.memory import Entry

Dispute = tuple[Entry, ...]
"""Two entries or more, in their order."""


def disputes(entries: Iterable[Entry]) -> tuple[Dispute, ...]:
    """The disputes among entries that stand together, each once."""
    instead_of = defaultdict[str, list[Entry]](list)
    for entry in entries:
        for old in entry.supersedes:
            instead_of[old].append(entry)
    return tuple(dict.fromkeys(tuple(found) for found in instead_of.values() if len(found) > 1))


def marks(entries: Iterable[Entry]) -> Mapping[str, str]:
    """By an entry's id the numbers of its disputes, as memory.md has them: ` [disputed 1]` or ` [disputed 1, 3]`."""
    numbers = defaultdict[str, list[str]](list)
    for number, dispute in enumerate(disputes(entries), 1):
        for entry in dispute:
            numbers[entry.id].append(str(number))
    return {entry_id: f" [disputed {', '.join(found)}]" for entry_id, found in numbers.items()}
