"""Which numbered parts of a job are done: a set of whole numbers as ranges, so that ten thousand stay a few bytes."""

from bisect import bisect_right

Ranges = tuple[tuple[int, int], ...]
"""Ascending, disjoint, with a gap between any two; both ends are in."""


def holds(ranges: Ranges, part: int) -> bool:
    """Whether the part is in one of the ranges."""
    place = _place(ranges, part)
    return place >= 0 and part <= ranges[place][1]


def with_part(ranges: Ranges, part: int) -> Ranges:
    """The ranges with one more part; a part that is in already changes nothing."""
    if holds(ranges, part):
        return ranges
    place = _place(ranges, part) + 1
    before, after = ranges[:place], ranges[place:]
    first = last = part
    if before and before[-1][1] == part - 1:
        first, before = before[-1][0], before[:-1]
    if after and after[0][0] == part + 1:
        last, after = after[0][1], after[1:]
    return (*before, (first, last), *after)


def count(ranges: Ranges) -> int:
    """How many parts there are."""
    return sum(last - first + 1 for first, last in ranges)


def _place(ranges: Ranges, part: int) -> int:
    """Where the last range that begins at or before the part stands; -1 when there is none."""
    return bisect_right(ranges, part, key=lambda ends: ends[0]) - 1
