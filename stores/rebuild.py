"""Making the tables anew from the journal, row for row, in one transaction; the proof that nothing else feeds them.

Every stream is folded commit by commit (the events of one commit share their time), through the same code that wrote
the tables the first time; then the new rows are compared with the old ones.
"""

from datetime import datetime
from itertools import groupby
from typing import LiteralString

from domain.head import Head
from domain.job import JobState
from domain.memory import AGENT_EVENT
from stores import entries, journal, rows
from stores.jobs import decode
from stores.journal import Row
from stores.people import PREFIX
from stores.postgres import EVERY_AGENT, Connection, Pool, transaction

OWN: dict[LiteralString, tuple[LiteralString, str]] = {
    "agent_tasks": ("job_id", "job/"),
    "todo_items": ("job_id", "job/"),
    "documents": ("stream", "job/"),
    "memory_entries": ("agent_id", "agent/"),
    "memory_postings": ("agent_id", "agent/"),
    "memory_lexemes": ("agent_id", "agent/"),
    "memory_grants": ("owner_id", "agent/"),
}
"""The tables, each with the column by which a stream's rows are known, and the kind of stream that they are of."""
TABLES = tuple(OWN)


async def rebuild(pool: Pool, keep: bool = True) -> dict[str, int]:
    """Rebuilds the projections; returns how many rows of each table differed. With `keep` false changes nothing."""
    async with transaction(pool, EVERY_AGENT) as connection:
        await connection.execute("select hold_appends()")
        for table in TABLES:
            await connection.execute(f"create temporary table old_{table} on commit drop as table {table}".encode())
            await connection.execute(f"delete from {table}".encode())  # noqa: S608 - a constant
        for stream, agent in await _streams(connection):
            await _stream(connection, stream, agent)
        different = {table: await _different(connection, table) for table in TABLES}
        if not keep:
            await _put_back(connection)
        return different


async def _streams(connection: Connection) -> list[tuple[str, str]]:
    query = "select stream, agent_id from agent_events where version = 1 order by stream"
    return [(row[0], row[1]) for row in await (await connection.execute(query)).fetchall()]


async def rebuild_stream(connection: Connection, stream: str, agent: str) -> None:
    """Rebuilds what follows from one stream, in the caller's transaction."""
    for table, (column, of) in OWN.items():
        if stream.startswith(of):
            statement = f"delete from {table} where {column} = %s"  # noqa: S608 - constants
            await connection.execute(statement.encode(), (stream if column == "stream" else stream.removeprefix(of),))
    await _stream(connection, stream, agent)


async def _stream(connection: Connection, stream: str, agent: str) -> None:
    loaded = await journal.read(connection, stream, Head())
    if stream.startswith("agent/"):
        for row in loaded:
            await entries.project(connection, agent, row.head.version, AGENT_EVENT.validate_python(row.current))
        return
    if stream.startswith(PREFIX):  # no table follows from it
        return
    state = JobState()
    for at, commit in groupby(loaded, key=lambda row: row.at):
        state = await _commit(connection, state, list(commit), at)


async def _commit(connection: Connection, before: JobState, commit: list[Row], at: datetime) -> JobState:
    after = before.apply_all(decode(row) for row in commit)
    if changes := rows.changes(before, after, at):
        await connection.execute(f"with {rows.CHANGES}".encode(), changes)
    return after


async def _different(connection: Connection, table: LiteralString) -> int:
    query = (
        f"select (select count(*) from (table {table} except table old_{table}) as new)"  # noqa: S608 - constants
        f" + (select count(*) from (table old_{table} except table {table}) as old)"
    )
    row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return int(row[0])


async def _put_back(connection: Connection) -> None:
    for table in TABLES:
        await connection.execute(f"delete from {table}".encode())  # noqa: S608 - a constant
        await connection.execute(f"insert into {table} table old_{table}".encode())
