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
from stores.postgres import Connection, Pool, transaction

SEARCHED: tuple[LiteralString, ...] = ("memory_postings", "memory_lexemes")
TABLES: tuple[LiteralString, ...] = ("agent_tasks", "todo_items", "memory_entries", "documents", *SEARCHED)


async def rebuild(pool: Pool, keep: bool = True) -> dict[str, int]:
    """Rebuilds the projections; returns how many rows of each table differed. With `keep` false changes nothing."""
    async with transaction(pool) as connection:
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


async def _stream(connection: Connection, stream: str, agent: str) -> None:
    loaded = await journal.read(connection, stream, Head())
    if stream.startswith("agent/"):
        for row in loaded:
            await entries.project(connection, agent, row.head.version, AGENT_EVENT.validate_python(row.current))
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
