"""Jobs in the journal: ask what stands, let the judge say what may be appended, append it. Raced: ask again.

    find ──▶ judge ──▶ commit ──▶ the tail after the version seen
      ▲                  │ connection lost: does it stand? ──yes──▶ the same
      └────── Raced ◀────┘                              └──no──▶ Disconnected

Every append of a job goes through here, so that its events, its rows, its outbox rows and, for a transactional tool,
its effect are one transaction. The hash of an append is salted and so no other's: when the connection is lost before
Postgres has confirmed a commit, the hash at its version says whether it stands.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Disconnected, Raced
from domain.events import JOB_EVENT, JobEvent
from domain.head import Head
from domain.job import JobState
from domain.judge import Standing
from domain.spoken import SPOKEN, SpokenEvent
from domain.upcast import upcast
from stores import journal, rows
from stores.postgres import Connection, Pool, reading, transaction

CACHED = 256
PATIENCE_SECONDS = 20.0
AGAIN_SECONDS = 0.2

COMMIT = f"with {journal.NEW}, told as ({journal.TOLD}), {rows.CHANGES}"

Judge = Callable[[Standing], Sequence[JobEvent]]
Within = Callable[[Connection], Awaitable[Sequence[JobEvent]]]
Committed = Callable[[JobState, Sequence[JobEvent]], None]
"""Is told the state before a commit, and the events that now stand."""


@dataclass(frozen=True)
class Found:
    """What the journal held when it was asked."""

    job: str
    seen: Head
    before: JobState
    """The state at the version seen."""
    standing: Standing
    heads: tuple[Head, ...]
    """The head after each event of the tail."""
    recorded: dict[str, SpokenEvent] = field(default_factory=dict)

    @property
    def head(self) -> Head:
        return self.heads[-1] if self.heads else self.seen

    @property
    def state(self) -> JobState:
        return self.standing.state


@dataclass(frozen=True)
class _Append:
    """One statement: the events, their outbox rows, and the rows that change with them; and what then stands."""

    statement: str
    values: dict[str, Any]
    committed: Found

    @classmethod
    def of(cls, found: Found, events: Sequence[JobEvent]) -> "_Append":
        after = found.state.apply_all(events)
        assert after.asked is not None
        heads, values = journal.columns(f"job/{found.job}", after.asked.agent, found.head, events)
        changes = rows.changes(found.state, after)
        standing = Standing(seen=found.seen.version, tail=(*found.standing.tail, *events), state=after)
        committed = Found(found.job, found.seen, found.before, standing, (*found.heads, *heads), found.recorded)
        return cls(COMMIT if changes else journal.APPEND, {**values, **(changes or {})}, committed)

    async def execute(self, connection: Connection) -> None:
        await connection.execute(self.statement.encode(), self.values)


def _uncounted(before: JobState, events: Sequence[JobEvent]) -> None:
    """Nobody counts."""


class Jobs:
    """The jobs' streams, with their projections. `committed` is told of every commit that is known to stand."""

    def __init__(self, pool: Pool, committed: Committed = _uncounted) -> None:
        self.pool = pool
        self.committed = committed
        self._states = OrderedDict[tuple[str, str], JobState]()

    async def append(self, job: str, seen: Head, judge: Judge) -> Found:
        """Asks, judges, appends; when another append came first, once more. Returns what then stands after `seen`."""
        while True:
            found = await self.find(job, seen)
            events = judge(found.standing)
            if not events:
                return found
            try:
                return await self.commit(found, events)
            except Raced:
                continue

    async def find(self, job: str, seen: Head, message_ids: Sequence[str] = ()) -> Found:
        """What stands after `seen`; with `message_ids`, also which of those messages are recorded already."""
        async with reading(self.pool) as connection:
            return await self._find(connection, job, seen, message_ids)

    async def _find(self, connection: Connection, job: str, seen: Head, message_ids: Sequence[str]) -> Found:
        stream = f"job/{job}"
        start = await self._state(connection, stream, seen)
        state, events, heads = start, list[JobEvent](), list[Head]()
        async for page in journal.pages(connection, stream, seen):
            events += (decode(row) for row in page)
            heads += (row.head for row in page)
            state = state.apply_all(events[-len(page) :])
        self._keep(stream, heads[-1] if heads else seen, state)
        recorded = await _recorded(connection, stream, message_ids) if message_ids else {}
        standing = Standing(seen=seen.version, tail=tuple(events), state=state)
        return Found(job, seen, start, standing, tuple(heads), recorded)

    async def at(self, job: str, version: int) -> JobState:
        """The job as it was at that version of its stream."""
        async with reading(self.pool) as connection:
            return await _folded(connection, f"job/{job}", version)

    async def knows(self, job: str, seen: Head) -> bool:
        """Whether the journal has what was seen of the job, or a person has accepted that it is lost."""
        async with reading(self.pool) as connection:
            return await journal.knows(connection, f"job/{job}", seen)

    async def holds(self, job: str, seen: Head) -> bool:
        """Whether the journal has exactly what was seen of the job."""
        async with reading(self.pool) as connection:
            return await journal.holds(connection, f"job/{job}", seen)

    async def refuse_a_gap(self, job: str, seen: Head) -> None:
        """Raises `JournalBehind` unless the journal `knows` what was seen."""
        async with reading(self.pool) as connection:
            if not await journal.knows(connection, f"job/{job}", seen):
                raise await journal.behind(connection, f"job/{job}", seen)

    async def commit(self, found: Found, events: Sequence[JobEvent] = (), within: Within | None = None) -> Found:
        """Appends right after what was found, with everything that follows from it, in one transaction.

        `within` runs first in that transaction and may give further events. Raises `Raced`, and then nothing happened;
        `Disconnected`, and then the journal must be asked.
        """
        append: _Append | None = None
        try:
            if within is None:
                append = _Append.of(found, events)
                async with reading(self.pool) as connection:
                    await append.execute(connection)
            else:
                async with transaction(self.pool) as connection:
                    append = _Append.of(found, (*events, *await within(connection)))
                    await append.execute(connection)
        except Disconnected:
            if append is None or not await self._stands(append.committed):
                raise
        self._keep(f"job/{found.job}", append.committed.head, append.committed.state)
        self.committed(found.state, append.committed.standing.tail[len(found.standing.tail) :])
        return append.committed

    async def _stands(self, committed: Found) -> bool:
        """Whether a commit that nobody confirmed stands; asked until Postgres answers. Raises `Disconnected`."""
        patience = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                async with reading(self.pool) as connection:
                    return await journal.holds(connection, f"job/{committed.job}", committed.head)
            except Disconnected:
                if time.monotonic() > patience:
                    raise
                await asyncio.sleep(AGAIN_SECONDS)

    async def _state(self, connection: Connection, stream: str, at: Head) -> JobState:
        if at.version == 0:
            return JobState()
        if (stream, at.hash) in self._states:
            self._states.move_to_end((stream, at.hash))
            return self._states[stream, at.hash]
        return await _folded(connection, stream, at.version)

    def _keep(self, stream: str, head: Head, state: JobState) -> None:
        if state.version:
            self._states[stream, head.hash] = state
        while len(self._states) > CACHED:
            self._states.popitem(last=False)


async def _folded(connection: Connection, stream: str, version: int) -> JobState:
    """The state at that version, page by page."""
    state = JobState()
    async for page in journal.pages(connection, stream, Head()):
        state = state.apply_all(decode(row) for row in page if row.head.version <= version)
        if state.version >= version:
            break
    return state


def decode(row: journal.Row) -> JobEvent:
    """The event of a row. Raises `NewerSchema`."""
    return JOB_EVENT.validate_python(row.current)


RECORDED = """
select message_id, event_data, schema from agent_events
 where stream = %s and message_id = any(%s) and message_id is not null
"""


async def _recorded(connection: Connection, stream: str, message_ids: Sequence[str]) -> dict[str, SpokenEvent]:
    found = await (await connection.execute(RECORDED, (stream, list(message_ids)))).fetchall()
    return {message_id: SPOKEN.validate_python(upcast(data, schema)) for message_id, data, schema in found}
