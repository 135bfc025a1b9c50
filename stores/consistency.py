"""Whether streams hold: their chains verify, and the tables are what follows from them. Changes nothing.

A stream's rows are made anew, by the code that made the first, in temporary tables of the same names. Those come before
the real ones in Postgres' search path, so that the statements of `stores.rebuild` write there; and the transaction is
read-only, so that they can write nowhere else. No row is locked: jobs go on. Rows of no stream at all are not looked at
here (`longhaul rebuild --check` does).
"""

from collections import defaultdict
from datetime import date
from typing import LiteralString

from psycopg import sql
from pydantic import ValidationError

from domain.errors import JournalBroken
from domain.report import Consistency, Period, Rate, Wrong
from stores import journal
from stores.postgres import Connection, Pool
from stores.rebuild import OWN, rebuild_stream
from stores.report import only_reading, snapshot
from stores.report_sql import IN_PERIOD
from stores.trend import DAY, ByDay

TOGETHER = 25
"""Streams that are looked at in one transaction: each of these makes the temporary tables once."""

CHOSEN: LiteralString = f"""
select stream, agent_id, count(*) over () as streams
  from agent_events as first
 where version = 1
   and exists (select from agent_events as any_of where any_of.stream = first.stream and {IN_PERIOD})
 order by md5(stream)
 limit %(limit)s
"""  # noqa: S608 - constants
"""The streams with anything in the period; a part of them is as good as chosen by lot, and the same each time."""

DAYS: LiteralString = f"""
select distinct {DAY}, stream from agent_events where stream = any(%(streams)s) and {IN_PERIOD}
"""  # noqa: S608 - constants

DIFFERENT = """
select (select count(*) from (table pg_temp.{table} except select * from {real} where {column} = {of}) as new)
     + (select count(*) from (select * from {real} where {column} = {of} except table pg_temp.{table}) as old)
"""


Reasons = dict[str, str]
"""Of each stream that was looked at, why it does not hold; nothing if it does."""


async def consistency(pool: Pool, period: Period, limit: int | None, known: Reasons | None = None) -> Consistency:
    """Looks at up to `limit` streams (all) that had anything in the period; what is known it does not look at again."""
    known = {} if known is None else known
    streams, there_are = await _look_at_some(pool, period, limit, known)
    wrong = tuple([Wrong(stream=stream, why=known[stream]) for stream in streams if known[stream]])
    return Consistency(rate=_rate(streams, known), streams=there_are, wrong=wrong)


async def consistency_by_day(pool: Pool, period: Period, limit: int | None, known: Reasons) -> ByDay:
    """The same; and of these, on each day those that had anything on it."""
    streams, _ = await _look_at_some(pool, period, limit, known)
    by_day: dict[date | None, list[str]] = defaultdict(list, {None: streams})
    async with snapshot(pool) as connection:
        await only_reading(connection)
        values = {"since": period.since, "until": period.until, "streams": streams}
        for day, stream in await (await connection.execute(DAYS.encode(), values, prepare=False)).fetchall():
            by_day[day].append(stream)
    return {day: _rate(of_day, known) for day, of_day in by_day.items()}


async def _look_at_some(pool: Pool, period: Period, limit: int | None, known: Reasons) -> tuple[list[str], int]:
    """Those chosen, now known, and how many there are."""
    async with snapshot(pool) as connection:
        await only_reading(connection)
        values = {"since": period.since, "until": period.until, "limit": limit}
        found = await (await connection.execute(CHOSEN.encode(), values, prepare=False)).fetchall()
    streams = [(stream, agent) for stream, agent, _ in found if stream not in known]
    for first in range(0, len(streams), TOGETHER):
        known.update(await _looked_at(pool, streams[first : first + TOGETHER]))
    return [stream for stream, _, _ in found], found[0][2] if found else 0


def _rate(streams: list[str], known: Reasons) -> Rate:
    """Here a stream stands for a job."""
    wrong = sum(bool(known[stream]) for stream in streams)
    return Rate(hit=len(streams) - wrong, of=len(streams), jobs_amiss=wrong, jobs=len(streams))


async def _looked_at(pool: Pool, streams: list[tuple[str, str]]) -> Reasons:
    async with snapshot(pool) as connection:
        schema = await _schema(connection)
        for table in OWN:
            made = f"create temporary table {table} (like {table} including all) on commit drop"
            await connection.execute(made.encode())
        await only_reading(connection)
        return {stream: await _why_wrong(connection, schema, stream, agent) for stream, agent in streams}


async def _schema(connection: Connection) -> str:
    row = await (await connection.execute("select current_schema()")).fetchone()
    assert row is not None
    return str(row[0])


async def _why_wrong(connection: Connection, schema: str, stream: str, agent: str) -> str:
    """Why the stream does not hold; nothing if it does."""
    try:
        await journal.verify(connection, stream)
        async with connection.transaction(force_rollback=True):
            await rebuild_stream(connection, stream, agent)
            different = [
                table
                for table, (column, of) in OWN.items()
                if stream.startswith(of) and await _different(connection, schema, table, column, stream)
            ]
    except JournalBroken as error:
        return str(error)
    except ValidationError as error:
        return f"it holds what is no event: {error.errors()[0]['msg']}"
    return f"rows are not what follows from it: {', '.join(different)}" if different else ""


async def _different(connection: Connection, schema: str, table: str, column: str, stream: str) -> int:
    statement = sql.SQL(DIFFERENT).format(
        table=sql.Identifier(table),
        real=sql.Identifier(schema, table),
        column=sql.Identifier(column),
        of=sql.Literal(stream if column == "stream" else stream.partition("/")[2]),
    )
    row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    return int(row[0])
