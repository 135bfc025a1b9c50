"""The connection pool, and the one place where a violated constraint becomes a domain error."""

import select
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.errors import DataError, NotNullViolation, OperationalError, UniqueViolation
from psycopg_pool import AsyncConnectionPool

from domain.errors import Disconnected, JournalBehind, LonghaulError, Raced, TurnIsTaken, Unstorable

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Pool = AsyncConnectionPool[Connection]

SESSION = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=5s -c statement_timeout=60s -c timezone=UTC"
"""A suspended worker must not hold a row: Postgres ends its transaction."""

READS = 3
"""So often may there be something to read on a connection that still stands: what Postgres says unasked."""

EVERY_AGENT = "*"
"""For whom a transaction is made that serves all agents alike."""

BROKEN_RULES: dict[str, type[LonghaulError]] = {
    "one_event_per_version": Raced,
    "one_event_per_message": Raced,
    "one_job_in_progress": TurnIsTaken,
    "one_item_in_progress": TurnIsTaken,
}


def pool(dsn: str, size: int = 10) -> Pool:
    """A closed pool; open it with `async with`. Its connections commit each statement, unless in a `transaction`."""
    kwargs = {"options": SESSION, "connect_timeout": 5, "autocommit": True}
    return AsyncConnectionPool(dsn, min_size=1, max_size=size, open=False, kwargs=kwargs, timeout=10)


@asynccontextmanager
async def _connection(connections: Pool) -> AsyncIterator[Connection]:
    """A connection that Postgres has not ended: else a restart would fail one step for each connection in the pool.

    The pool's own `check` waits for a second once it has met two that were ended.
    """
    while True:
        connection = await connections.getconn()
        try:
            if not _is_over(connection):
                async with connection:
                    yield connection
                return
            await connection.close()
        finally:
            await connections.putconn(connection)


def _is_over(connection: Connection) -> bool:
    """Whether the other side has ended the connection. Nothing is sent to find that out.

    On an idle connection there is nothing to read, but for a rare notice; on an ended one, the end.
    """
    waiting = select.poll()
    try:
        waiting.register(connection.fileno(), select.POLLIN)
        for _ in range(READS):
            if not waiting.poll(0):
                return False
            connection.pgconn.consume_input()
    except OperationalError:
        return True
    return True


@asynccontextmanager
async def reading(connections: Pool) -> AsyncIterator[Connection]:
    """A connection for single statements."""
    with _errors():
        async with _connection(connections) as connection:
            yield connection


@asynccontextmanager
async def transaction(connections: Pool, agent: str = "") -> AsyncIterator[Connection]:
    """One transaction; for an agent, one that sees its memory, and what others let it read."""
    with _errors():
        async with _connection(connections) as connection, connection.transaction():
            if agent:
                await act_for(connection, agent)
            yield connection


async def act_for(connection: Connection, agent: str) -> None:
    """The rest of the transaction sees the memory of this agent (row-level security, migration 0008)."""
    await connection.execute("select set_config('longhaul.agent', %s, true)", (agent,))


def is_passing(error: Exception) -> bool:
    """Whether it is Postgres that was away or busy, so that the same transaction may succeed later."""
    return isinstance(error, OperationalError)


@contextmanager
def _errors() -> Iterator[None]:
    """Raises the domain's error for a violated rule of the schema, for content, and for a connection that is gone."""
    try:
        yield
    except UniqueViolation as error:
        broken = BROKEN_RULES.get(error.diag.constraint_name or "")
        if broken is None:
            raise
        raise broken(error.diag.message_detail or "") from error
    except NotNullViolation as error:
        if (error.diag.table_name, error.diag.column_name) != ("agent_events", "version"):
            raise
        raise JournalBehind("the row that an append was to follow is gone; see `longhaul recover`") from error
    except DataError as error:
        raise Unstorable(str(error).splitlines()[0]) from error
    except OperationalError as error:
        raise Disconnected((str(error) or type(error).__name__).splitlines()[0]) from error
