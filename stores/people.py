"""What people prefer: the streams person/<id>. They are short, and folded each time they are asked for.

No table follows from them, so a rebuild leaves them alone. In the journal they are of the agent `person/<id>`, which no
agent can be called: their notices go nowhere else.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from domain.head import Head
from domain.preference import PERSON_EVENT, PersonEvent, PersonState, PreferenceSet
from domain.upcast import upcast
from stores import journal
from stores.postgres import Pool, reading, transaction

PREFIX = "person/"
LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
ALL = """
select stream, event_data, schema from agent_events
 where stream = any(%s)
 order by stream, version
"""

Judge = Callable[[PersonState], Sequence[PreferenceSet]]


class Change(NamedTuple):
    """One event of a person's stream: the version that it made, and when it was recorded."""

    version: int
    at: datetime
    event: PersonEvent


class People:
    """The people's streams."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def of(self, persons: Collection[str]) -> tuple[PersonState, ...]:
        """What these people (ids) prefer: those of them who have ever preferred anything, in the order of their ids."""
        if not persons:
            return ()
        async with reading(self.pool) as connection:
            streams = [PREFIX + person for person in persons]
            rows = await (await connection.execute(ALL, (streams,), prepare=False)).fetchall()
        found = dict[str, PersonState]()
        for stream, data, schema in rows:
            person = stream.removeprefix(PREFIX)
            event = PERSON_EVENT.validate_python(upcast(data, schema))
            found[person] = found.get(person, PersonState(person=person)).apply(event)
        return tuple(found.values())

    async def load(self, person: str) -> PersonState:
        """What one person prefers."""
        return next(iter(await self.of([person])), PersonState(person=person))

    async def history(self, person: str) -> list[Change]:
        """Everything that changed, oldest first."""
        async with reading(self.pool) as connection:
            loaded = await journal.read(connection, PREFIX + person, Head())
        return [Change(row.head.version, row.at, PERSON_EVENT.validate_python(row.current)) for row in loaded]

    async def append(self, person: str, judge: Judge) -> tuple[PersonState, Sequence[PreferenceSet]]:
        """Appends what `judge` says of what stands; returns what then stands, and what was appended."""
        stream = PREFIX + person
        async with transaction(self.pool) as connection:
            await connection.execute(LOCK, (stream,))
            loaded = await journal.read(connection, stream, Head())
            state = PersonState(person=person).apply_all(PERSON_EVENT.validate_python(row.current) for row in loaded)
            events = judge(state)
            if events:
                await journal.append(connection, stream, stream, loaded[-1].head if loaded else Head(), events)
        return state.apply_all(events), events
