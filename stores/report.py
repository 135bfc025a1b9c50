"""The figures of `longhaul report`, each one statement (`stores.report_sql`); docs/reliability.md defines them.

The journal is read as a whole, in one snapshot that can change nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, LiteralString

from domain.report import EDGES, Bar, ContextLoss, Effects, Period, Preloading, Rate, Recovery, Status
from stores.postgres import EVERY_AGENT, Connection, Pool, act_for, transaction
from stores.report_sql import CONTEXT_LOSS, EFFECTS, PRELOADING, RECOVERY, STATUSES

PATIENCE = "10min"
"""How long a statement may take: a journal of years is read as a whole."""


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncIterator[Connection]:
    """A transaction that sees one moment of all agents, and is about to be made read-only (`only_reading`)."""
    async with transaction(pool) as connection:
        await connection.execute("set transaction isolation level repeatable read")
        await act_for(connection, EVERY_AGENT)
        await connection.execute(f"set local statement_timeout = '{PATIENCE}'".encode())
        yield connection


async def only_reading(connection: Connection) -> None:
    """The rest of the transaction can change no table that outlives it."""
    await connection.execute("set transaction read only")


async def now(connection: Connection) -> datetime:
    """The moment that the snapshot shows, by the clock of Postgres."""
    row = await (await connection.execute("select now()")).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return] # a timestamptz


async def statuses(connection: Connection, period: Period) -> tuple[Status, ...]:
    """The jobs that anything happened in, by how they stand now."""
    return tuple([Status.model_validate(row) for row in await rows(connection, STATUSES, period)])


async def preloading(connection: Connection, period: Period) -> Preloading:
    return Preloading.model_validate(await _row(connection, PRELOADING, period))


async def recovery(connection: Connection, period: Period) -> Recovery:
    row = await _row(connection, RECOVERY, period)
    bars = zip((*EDGES, None), row.pop("bars"), strict=True)
    histogram = tuple([Bar(under_seconds=under, count=count) for under, count in bars])
    return Recovery.model_validate({"rate": rate(row), **row, "histogram": histogram})


async def effects(connection: Connection, period: Period) -> tuple[Effects, ...]:
    return tuple([_effect(row) for row in await rows(connection, EFFECTS, period)])


async def context_loss(connection: Connection, period: Period) -> ContextLoss:
    row = await _row(connection, CONTEXT_LOSS, period)
    return ContextLoss.model_validate({"rate": rate(row), **row})


def rate(row: dict[str, Any]) -> Rate:
    """Takes the columns of a rate out of the row."""
    return Rate.model_validate({name: row.pop(name) for name in ("hit", "of", "jobs_amiss", "jobs")})


def unsure(row: dict[str, Any]) -> tuple[Rate, Rate]:
    """Of the calls that the row counts, those that were repeated, and those of unknown outcome."""
    all_ = {"of": row["of"], "jobs": row["jobs"]}
    doubles = Rate(hit=row["doubles"], jobs_amiss=row["jobs_doubles"], **all_)
    return doubles, Rate(hit=row["unknown"], jobs_amiss=row["jobs_unknown"], **all_)


def _effect(row: dict[str, Any]) -> Effects:
    duplicates, unknown = unsure(row)
    return Effects(effect=row["effect"], duplicates=duplicates, unknown=unknown)


async def _row(connection: Connection, statement: LiteralString, period: Period) -> dict[str, Any]:
    [row] = await rows(connection, statement, period)
    return row


async def rows(connection: Connection, statement: LiteralString, period: Period) -> list[dict[str, Any]]:
    """What the statement finds in the period, by the names of its columns."""
    values = {"since": period.since, "until": period.until, "edges": list(EDGES)}
    cursor = await connection.execute(statement.encode(), values, prepare=False)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]
