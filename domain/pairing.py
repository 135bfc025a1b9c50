"""Which of the lines that a person wrote is there for which that they took away: what stands at the same place.

Lines are compared by `difflib`. Of a stretch that was replaced, each line that went is paired with the one that came
and is most like it; those of long stretches are paired in their order.
"""

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

L = TypeVar("L")

MOST = 30
"""Lines of a stretch in which every one is compared with every other."""


def likeness(old: str, new: str) -> float:
    """From 0 to 1: how much of the words two texts share, in their order."""
    return SequenceMatcher(None, old.split(), new.split(), autojunk=False).ratio()


def pairs(before: Sequence[L], after: Sequence[L], like: Callable[[L, L], float]) -> Iterator[tuple[L, L]]:
    """Lines that were replaced, with those that took their place. `like` is negative for what can be no pair."""
    went, came = set(before) - set(after), set(after) - set(before)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "replace":
            old = [line for line in before[i1:i2] if line in went]
            yield from _paired(old, [line for line in after[j1:j2] if line in came], like)


def _paired(old: list[L], new: list[L], like: Callable[[L, L], float]) -> Iterator[tuple[L, L]]:
    if max(len(old), len(new)) > MOST:
        yield from ((a, b) for a, b in zip(old, new, strict=False) if like(a, b) >= 0)
        return
    while ranked := [(like(a, b), -i, -j) for i, a in enumerate(old) for j, b in enumerate(new)]:
        best, i, j = max(ranked)
        if best < 0:
            return
        yield old.pop(-i), new.pop(-j)
