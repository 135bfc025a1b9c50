"""The rates of `longhaul report` by day of UTC, from the statements that its period has (`stores.report_sql`)."""

from collections.abc import Mapping
from datetime import date
from typing import LiteralString

from domain.report import NONE, Day, Period, Rate, Rates, Trend
from stores.postgres import Connection
from stores.report import rate, rows, unsure
from stores.report_sql import CALLS, DECISIONS, EPISODES, LOST, RECOVERED, UNSURE

ByDay = dict[date | None, Rate]
"""A rate of each day on which there was anything to count, and under None that of all of them together."""

DAY: LiteralString = "(at at time zone 'UTC')::date"

RECOVERY: LiteralString = f"""
{EPISODES}
select day, {RECOVERED} from (select *, {DAY} as day from timed) as each group by grouping sets ((), (day))
"""  # noqa: S608 - constants

EFFECTS: LiteralString = f"""
{CALLS}
select day, {UNSURE} from (select *, {DAY} as day from judged) as each group by grouping sets ((), (day))
"""  # noqa: S608 - constants

CONTEXT_LOSS: LiteralString = f"""
{DECISIONS}
select day, {LOST} from (select *, {DAY} as day from decision) as each group by grouping sets ((), (day))
"""  # noqa: S608 - constants


async def by_day(connection: Connection, period: Period) -> dict[str, ByDay]:
    """The rates of calls, decisions and interruptions, by their names."""
    recovered = await rows(connection, RECOVERY, period)
    calls = {row["day"]: unsure(row) for row in await rows(connection, EFFECTS, period)}
    lost = await rows(connection, CONTEXT_LOSS, period)
    return {
        "recovery": {row.pop("day"): rate(row) for row in recovered},
        "duplicates": {day: duplicates for day, (duplicates, _) in calls.items()},
        "unknown": {day: unknown for day, (_, unknown) in calls.items()},
        "context_loss": {row.pop("day"): rate(row) for row in lost},
    }


def trend(period: Period, rates: Mapping[str, ByDay]) -> Trend:
    """The rates side by side; on a day without anything to count there is none of none."""

    def of(day: date | None) -> dict[str, Rate]:
        return {name: found.get(day, NONE) for name, found in rates.items()}

    days = tuple([Day.model_validate({"day": day, **of(day)}) for day in period.days])
    return Trend(period=period, together=Rates.model_validate(of(None)), days=days)
