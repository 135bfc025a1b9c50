"""How far a job is whose items have many parts: a bar on a terminal, elsewhere a line for every twentieth."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from domain.answers import PlannedCall
from domain.events import JobEvent, ModelAnswered, ToolCalled, ToolReturned
from domain.job import JobState
from domain.todo import ItemStatus
from starter.output import Format, say

LINES = 20

Told = Callable[[JobState], None]


@contextmanager
def progress(output: Format) -> Iterator[Told]:
    """Something to tell each new state to, for the length of the block."""
    if output != "text":
        yield lambda state: None
    elif sys.stdout.isatty() and sys.stderr.isatty():
        with _bar() as told:
            yield told
    else:
        yield _lines()


def is_one_of_many(before: JobState, event: JobEvent) -> bool:
    """Whether the event is the ordinary course of one part of many, which the progress tells."""
    match event:
        case ModelAnswered(intent=PlannedCall(part=int())) | ToolCalled(call=PlannedCall(part=int())):
            return True
        case ToolReturned():
            return before.call is not None and before.call.call.part is not None
        case _:
            return False


def parts(state: JobState) -> tuple[int, int]:
    """How many parts are done, and how many there are, in all items that have parts."""
    of = [item for item in state.todo if item.parts]
    done = sum(item.parts or 0 if item.status is ItemStatus.COMPLETED else item.parts_done for item in of)
    return done, sum(item.parts or 0 for item in of)


def _lines() -> Told:
    last = 0

    def told(state: JobState) -> None:
        nonlocal last
        done, total = parts(state)
        reached = done * LINES // total if total else 0
        if reached > last:
            last = reached
            say(f"{done:,} of {total:,} done ({100 * done // total} %)")

    return told


@contextmanager
def _bar() -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=Console(), transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def told(state: JobState) -> None:
            done, total = parts(state)
            bar.update(task, completed=done, total=total, visible=total > 0)

        yield told
