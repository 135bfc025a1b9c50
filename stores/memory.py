"""What agents remember: the stream agent/<id>, with the table `memory_entries` in the same transaction.

Many write here (jobs, the command line, imports), so an append takes the agent's advisory lock, re-reads, and judges on
what stands then. Lock order: the agent's before any row of a job.
"""

from collections.abc import Callable, Collection, Sequence

from domain.budget import fitting
from domain.errors import JournalBehind
from domain.head import Head
from domain.memory import AGENT_EVENT, AgentEvent, AgentState
from stores import entries, journal
from stores.postgres import Connection, Pool, reading, transaction

Judge = Callable[[AgentState], Sequence[AgentEvent]]

LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"

TOKENS = 2000
"""How long memory.md may be, unless the settings say otherwise."""


class Memories:
    """The agents' streams, with their projection."""

    def __init__(self, pool: Pool, tokens: int = TOKENS) -> None:
        self.pool = pool
        self.tokens = tokens
        self._latest: dict[str, tuple[Head, AgentState]] = {}

    async def load(self, agent: str) -> AgentState:
        """What the agent remembers now."""
        async with reading(self.pool) as connection:
            self._latest[agent] = await self._load(connection, agent)
        return self._latest[agent][1]

    async def at(self, agent: str, version: int) -> AgentState:
        """What the agent remembered at that version of its stream."""
        async with reading(self.pool) as connection:
            loaded = await journal.read(connection, f"agent/{agent}", Head())
        events = [AGENT_EVENT.validate_python(row.current) for row in loaded[:version]]
        return AgentState(agent=agent).apply_all(events)

    async def append(self, agent: str, judge: Judge, named: Collection[str] = ()) -> AgentState:
        """Appends what `judge` says of the memory as it stands, in a transaction of its own.

        Those of the entries `named` (ids) that are in the archive are shown to it as `archived`.
        """
        async with transaction(self.pool) as connection:
            return await self.append_within(connection, agent, judge, named)

    async def append_within(
        self, connection: Connection, agent: str, judge: Judge, named: Collection[str] = ()
    ) -> AgentState:
        """The same in the caller's transaction.

        What would be too much for memory.md goes to the archive with it; what the archive holds is not added again.
        """
        await connection.execute(LOCK, (f"agent/{agent}",))
        head, state = await self._load(connection, agent)
        archived = await entries.archived(connection, agent, named) if named else ()
        judged = await entries.new(connection, agent, judge(state.model_copy(update={"archived": archived})))
        events = fitting(state, judged, self.tokens)
        if not events:
            return state
        await journal.append(connection, f"agent/{agent}", agent, head, events)
        for event in events:
            state = state.apply(event)
            await entries.project(connection, agent, state.version, event)
        return state

    async def _load(self, connection: Connection, agent: str) -> tuple[Head, AgentState]:
        head, state = self._latest.get(agent, (Head(), AgentState(agent=agent)))
        try:
            loaded = await journal.read(connection, f"agent/{agent}", head)
        except JournalBehind:  # only this cache had seen more: it is what is wrong
            head, state = Head(), AgentState(agent=agent)
            loaded = await journal.read(connection, f"agent/{agent}", head)
        state = state.apply_all(AGENT_EVENT.validate_python(row.current) for row in loaded)
        return (loaded[-1].head if loaded else head), state
