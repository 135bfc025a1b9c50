"""How reliable an installation was, in figures."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from domain.errors import Refused
from domain.report import Period
from starter.commands.options import Output
from starter.connect import connected
from starter.output import data, next_commands, say, show, table
from starter.page.page import page
from starter.report import STREAMS, reported
from starter.report_text import COLUMNS, followed_by, headline, rows, sentences
from starter.typed import day as day_of
from stores import pages


def report_(
    *,
    day: Annotated[str | None, Parameter(help="only this day (2026-11-24), of UTC; without it, all time")] = None,
    streams: Annotated[
        int | Literal["all"], Parameter(help="recompute the chain and the tables of so many streams; all may take long")
    ] = STREAMS,
    html: Annotated[
        Path | None, Parameter(help="write it with its plots to this file too, as one page that needs nothing else")
    ] = None,
    output: Output = "text",
) -> None:
    """Say how reliable it was, computed from the journal; docs/reliability.md defines each figure. Changes nothing."""
    period = day_of(day) if day is not None else Period()
    if isinstance(streams, int) and streams < 1:
        raise Refused(f"--streams is {streams}; right is a number from 1 on, or all")
    file = pages.checked(html) if html is not None else None
    found = connected(lambda longhaul: reported(longhaul.pool, period, None if streams == "all" else streams))
    if file:
        pages.write(file, page(found))
        say(f"the page is {file}")
    if output != "text":
        return data(found.model_dump(mode="json"), output)
    show(headline(found))
    table(COLUMNS, rows(found))
    for sentence in sentences(found):
        show(sentence)
    next_commands(*followed_by(found))
