"""The table as text.

kills        of the plan that were carried out
duplicates   effects that happened again, of all that there are to be
lost         effects that never happened
ended        runs that came to their end
asked        times that a person had to look and answer (the bench plays that person, at once)
forgiven     repetitions that the target knew by their key, and did not carry out
p50, p95     seconds from a kill to the next sign of life of that run, the start of the new process included
alone        effects a second, one run after the other, undisturbed
at-once      the same of 40 runs at once in one process
commits      transactions a step that Postgres committed, those that only read included; wrote: those that wrote
"""

from collections.abc import Sequence

from bench.peers.campaign import Figures

COUNTS = ("kills", "duplicates", "lost", "ended", "asked", "forgiven")
RATES = ("p50", "p95", "alone", "at-once", "commits", "wrote")
HEADS = ("", *COUNTS, *RATES)


def table(figures: Sequence[Figures]) -> str:
    """A row for each line, in columns."""
    return columns([HEADS, *(_row(each) for each in figures)])


def columns(rows: Sequence[Sequence[str]]) -> str:
    """The rows below each other: what each is to the left, its figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_joined(row, widths) for row in rows)


def _row(each: Figures) -> tuple[str, ...]:
    killed, free = each.killed, each.undisturbed
    return (
        each.line.title,
        str(killed.deaths),
        f"{killed.duplicates} of {killed.effects}",
        str(killed.lost),
        f"{killed.ended} of {killed.runs}",
        str(killed.asked),
        str(killed.forgiven),
        _number(killed.p50),
        _number(killed.p95),
        _number(free.alone),
        _number(free.together),
        _number(free.commits),
        _number(free.wrote),
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _joined(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
    return "  ".join([row[0].ljust(len(first)), *others]).rstrip()
