"""Making a report: the figures of one snapshot, then the streams looked at, one after the other."""

import asyncio
from datetime import date

from domain.report import Period, Report
from starter.page.page import page
from stores import report, trend
from stores.consistency import Reasons, consistency, consistency_by_day
from stores.faults import faults
from stores.pages import DailyPages
from stores.postgres import Pool

STREAMS = 100
"""So many streams are looked at, unless somebody asks for another number."""


async def reported(pool: Pool, period: Period, limit: int | None = STREAMS) -> Report:
    """The statements see one moment together; the streams (up to `limit`, or all) are looked at after it."""
    async with report.snapshot(pool) as connection:
        await report.only_reading(connection)
        at = await report.now(connection)
        days = period.trend(at)
        statuses = await report.statuses(connection, period)
        figures: dict[str, object] = {
            "at": at,
            "period": period,
            "jobs": sum(each.count for each in statuses),
            "statuses": statuses,
            "preloading": await report.preloading(connection, period),
            "recovery": await report.recovery(connection, period),
            "effects": await report.effects(connection, period),
            "context_loss": await report.context_loss(connection, period),
            "faults": await faults(connection, period),
        }
        rates = await trend.by_day(connection, days)
    known: Reasons = {}
    figures["consistency"] = await consistency(pool, period, limit, known)
    rates["consistency"] = await consistency_by_day(pool, days, limit, known)
    return Report.model_validate({**figures, "trend": trend.trend(days, rates)})


async def written(pool: Pool, pages: DailyPages, day: date) -> str:
    """Writes the page of a day, in place of the one that was there; returns where."""
    report = await reported(pool, Period.of_day(day))
    return str(await asyncio.to_thread(pages.keep, day, page(report)))
