"""What agents remember: the stream agent/<id>, with the table `memory_entries` in the same transaction.

Many write here (jobs, the command line, imports), so an append takes the agent's advisory lock, re-reads, and judges on
what stands then. Lock order: the agent's before any row of a job.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.budget import fitting
from domain.errors import JournalBehind, Refused
from domain.head import Head
from domain.memory import AGENT_EVENT, AgentEvent, AgentState, Entry
from domain.sharing import Grant, MemoryRead
from stores import entries, grants, journal
from stores.meaning import Meant, search_both
from stores.postgres import Connection, Pool, transaction
from stores.search import Search, Searched
from stores.vectors import Vectors

Judge = Callable[[AgentState], Sequence[AgentEvent]]

Changed = tuple[AgentState, list[AgentEvent]]
"""The memory after a change, and what was appended, which ends at its version."""

LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0)), set_config('longhaul.agent', %s, true)"
"""The agent's lock; and the rest of the transaction is for that agent."""

TOKENS = 2000
"""How long memory.md may be, unless the settings say otherwise."""


@dataclass(frozen=True)
class Change:
    """One event of an agent's stream: the version that it made, and when it was recorded."""

    version: int
    at: datetime
    event: AgentEvent


class Memories:
    """The agents' streams, with their projection. With `vectors`, searches go by meaning too."""

    def __init__(self, pool: Pool, tokens: int = TOKENS, vectors: Vectors | None = None) -> None:
        self.pool = pool
        self.tokens = tokens
        self.vectors = vectors
        self._latest: dict[str, tuple[Head, AgentState]] = {}

    async def load(self, agent: str) -> AgentState:
        """What the agent remembers now."""
        async with transaction(self.pool, agent) as connection:
            return (await self._load(connection, agent))[1]

    async def at(self, agent: str, version: int) -> AgentState:
        """What the agent remembered at that version of its stream."""
        async with transaction(self.pool, agent) as connection:
            loaded = await journal.read(connection, f"agent/{agent}", Head())
        events = [AGENT_EVENT.validate_python(row.current) for row in loaded[:version]]
        return AgentState(agent=agent).apply_all(events)

    async def history(self, agent: str) -> list[Change]:
        """Everything that happened to the agent's memory, oldest first."""
        async with transaction(self.pool, agent) as connection:
            loaded = await journal.read(connection, f"agent/{agent}", Head())
        return [Change(row.head.version, row.at, AGENT_EVENT.validate_python(row.current)) for row in loaded]

    async def search(self, wanted: Search) -> Searched:
        """The entries that fit the question best, the best first: those in memory.md and those in the archive.

        Of another agent's memory, those that the reader was let read, and that it read them is an event. Raises
        `Refused` when it was let read none.
        """
        by_meaning = self.vectors if not wanted.is_of_another else None
        meant = await by_meaning.meant(wanted.question) if by_meaning else Meant()
        async with transaction(self.pool, wanted.reader or wanted.agent) as connection:
            if not wanted.is_of_another:
                return await search_both(connection, wanted, meant)
            return await self._read_by_another(connection, wanted)

    async def named(self, agent: str, ids: Sequence[str], now: float) -> tuple[Entry, ...]:
        """Those of the entries that a search could still find at `now`, in the order of `ids`."""
        async with transaction(self.pool, agent) as connection:
            return await entries.findable(connection, agent, ids, now)

    async def _read_by_another(self, connection: Connection, wanted: Search) -> Searched:
        assert wanted.reader is not None
        if not await grants.may_read(connection, wanted.agent, wanted.reader):
            raise Refused(f"agent {wanted.reader} may not read the memory of agent {wanted.agent}")
        searched = await search_both(connection, wanted, Meant())
        entries = tuple(each.entry.id for each in searched.found)
        read = MemoryRead(reader=wanted.reader, entries=entries, job=wanted.job, step=wanted.step)
        await self.append_within(connection, wanted.agent, lambda memory: [read])
        return searched

    async def grants(self, agent: str) -> list[tuple[str, Grant]]:
        """The permissions that the agent gave or has, each with the agent whose memory it is about."""
        async with transaction(self.pool, agent) as connection:
            return await grants.held(connection, agent)

    async def version_at(self, agent: str, moment: datetime) -> int:
        """The version that the agent's memory had at that moment."""
        query = "select coalesce(max(version), 0) from agent_events where stream = %s and at <= %s"
        async with transaction(self.pool, agent) as connection:
            row = await (await connection.execute(query, (f"agent/{agent}", moment))).fetchone()
        assert row is not None
        return int(row[0])

    async def append(self, agent: str, judge: Judge, named: Collection[str] = ()) -> AgentState:
        """Appends what `judge` says of the memory as it stands, in a transaction of its own.

        Those of the entries `named` (ids) that are in the archive are shown to it as `archived`.
        """
        return (await self.change(agent, judge, named))[0]

    async def change(self, agent: str, judge: Judge, named: Collection[str] = ()) -> Changed:
        """The same; also returns what was appended."""
        async with transaction(self.pool) as connection:
            return await self.append_within(connection, agent, judge, named)

    async def append_within(
        self, connection: Connection, agent: str, judge: Judge, named: Collection[str] = ()
    ) -> Changed:
        """The same in the caller's transaction.

        What would be too much for memory.md goes to the archive with it; what the archive holds is not added again.
        """
        await connection.execute(LOCK, (f"agent/{agent}", agent))
        head, state = await self._load(connection, agent)
        archived = await entries.archived(connection, agent, named) if named else ()
        judged = judge(state.model_copy(update={"archived": archived}))
        events = fitting(state, await entries.new(connection, agent, judged), self.tokens)
        if events:
            await journal.append(connection, f"agent/{agent}", agent, head, events)
        for event in events:
            state = state.apply(event)
            await entries.project(connection, agent, state.version, event)
        return state, list(events)

    async def _load(self, connection: Connection, agent: str) -> tuple[Head, AgentState]:
        head, state = self._latest.get(agent, (Head(), AgentState(agent=agent)))
        try:
            loaded = await journal.read(connection, f"agent/{agent}", head)
        except JournalBehind:  # only this cache had seen more: it is what is wrong
            head, state = Head(), AgentState(agent=agent)
            loaded = await journal.read(connection, f"agent/{agent}", head)
        state = state.apply_all(AGENT_EVENT.validate_python(row.current) for row in loaded)
        self._latest[agent] = (loaded[-1].head if loaded else head), state
        return self._latest[agent]
