"""Filling a budget of tokens with what a search found."""

from collections.abc import Iterable

from domain.memory import Entry
from domain.memory_file import line, line_tokens
from domain.sections import Section


def packed(ranked: Iterable[Entry], budget: int) -> tuple[Entry, ...]:
    """The entries, the best first, that fit into `budget` tokens together, in the order of their time.

    One that is too long for what is left is skipped; what says the same as a better one is left out.
    """
    chosen, said, left = list[Entry](), set[tuple[Section, str]](), budget
    for entry in ranked:
        cost = line_tokens(entry)
        if cost <= left and entry.content not in said:
            chosen.append(entry)
            said.add(entry.content)
            left -= cost
    return tuple(sorted(chosen, key=lambda entry: entry.when))


def length(entries: Iterable[Entry]) -> int:
    """The tokens of the entries as lines."""
    return sum(line_tokens(entry) for entry in entries)


def shown(entries: Iterable[Entry]) -> str:
    """The entries as text, under the headings of their sections."""
    known = tuple(entries)
    blocks = (
        f"## {section}\n" + "\n".join(line(entry) for entry in known if entry.section is section)
        for section in Section
        if any(entry.section is section for entry in known)
    )
    return "\n\n".join(blocks)
