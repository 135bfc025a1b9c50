"""How reliable an installation was, in figures."""

from typing import Annotated, Literal

from cyclopts import Parameter

from domain.errors import Refused
from domain.report import Period, Report
from starter.client import Longhaul
from starter.commands.options import Output
from starter.connect import connected
from starter.output import data, next_commands, show, table
from starter.report_text import COLUMNS, followed_by, headline, rows, sentences
from starter.typed import day as day_of
from stores import consistency, report

STREAMS = 100


def report_(
    *,
    day: Annotated[str | None, Parameter(help="only this day (2026-11-24), of UTC; without it, all time")] = None,
    streams: Annotated[
        int | Literal["all"], Parameter(help="recompute the chain and the tables of so many streams; all may take long")
    ] = STREAMS,
    output: Output = "text",
) -> None:
    """Say how reliable it was, computed from the journal; docs/reliability.md defines each figure. Changes nothing."""
    period = day_of(day) if day is not None else Period()
    if isinstance(streams, int) and streams < 1:
        raise Refused(f"--streams is {streams}; right is a number from 1 on, or all")
    found = connected(lambda longhaul: _report(longhaul, period, None if streams == "all" else streams))
    if output != "text":
        return data(found.model_dump(mode="json"), output)
    show(headline(found))
    table(COLUMNS, rows(found))
    for sentence in sentences(found):
        show(sentence)
    next_commands(*followed_by(found))


async def _report(longhaul: Longhaul, period: Period, limit: int | None) -> Report:
    """The statements see one moment together; the streams are looked at after it."""
    async with report.snapshot(longhaul.pool) as connection:
        await report.only_reading(connection)
        figures = {
            "period": period,
            "jobs": await report.jobs(connection, period),
            "preloading": await report.preloading(connection, period),
            "recovery": await report.recovery(connection, period),
            "effects": await report.effects(connection, period),
            "context_loss": await report.context_loss(connection, period),
        }
    looked_at = await consistency.consistency(longhaul.pool, period, limit)
    return Report.model_validate({**figures, "consistency": looked_at})
