"""The table `memory_entries`: what follows from an agent's stream, and what an append needs to know of the archive.

Statements that find rows by more than their primary key are not prepared: a plan that was made for an empty table would
be kept for a long one.
"""

from collections.abc import Collection, Sequence
from typing import Any, assert_never

from domain.erasure import TextErased
from domain.memory import (
    AgentEvent,
    Entry,
    FileRestored,
    MemoryAdded,
    MemoryArchived,
    MemoryPinned,
    MemoryRemoved,
    MemoryRolledBack,
)
from domain.preference import ProfileSet
from domain.sharing import AccessGranted, AccessRevoked, MemoryRead
from stores import grants
from stores.postgres import Connection

ADDED = """
insert into memory_entries
    (agent_id, entry_id, section, text, topic, author, job_id, step, at, trust, source, happened_at, expires_at,
     pinned, supersedes, added_in, removed_in, archived, why, occasion, place,
     content)
values (%(agent)s, %(id)s, %(section)s, %(text)s, %(topic)s, %(author)s, %(job)s, %(step)s, %(at)s, %(trust)s,
        %(source)s, %(happened_at)s, %(expires_at)s, %(pinned)s, %(supersedes)s, %(version)s, %(removed_in)s,
        %(archived)s, %(why)s, %(occasion)s, %(place)s, memory_content(%(section)s, %(text)s))
"""

LEFT = """
update memory_entries set removed_in = coalesce(removed_in, %s), removed_by = %s, why = %s, archived = %s
 where agent_id = %s and entry_id = %s and (removed_in is null or archived)
"""

RESTORED = "update memory_entries set archived = false where agent_id = %(agent)s and entry_id = %(id)s and archived"
"""What stands in the file again is not found in the archive as well."""

OVERTAKEN = """
update memory_entries set archived = false, why = %(why)s, removed_by = %(author)s
 where agent_id = %(agent)s and section = %(section)s and topic = %(topic)s and topic <> '' and archived
"""
"""What a newer entry of its topic has overtaken is not found in the archive."""

INDEX = """
with words as (
    select 'b'::"char" as field, lexeme, times from lexemes(%(text)s)
    union all
    select 'd', lexeme, times
      from lexemes(to_char(to_timestamp(%(when)s) at time zone 'UTC', 'FMDD FMMonth YYYY FMDay'))
    union all
    select 'a', lexeme, times from lexemes(%(author)s)
), posted as (
    insert into memory_postings (agent_id, lexeme, occasion, place, field, times)
    select %(agent)s, lexeme, %(occasion)s, %(place)s, field, least(times, 32767) from words where field <> 'a'
)
insert into memory_lexemes as known (agent_id, lexeme, entries)
select %(agent)s, lexeme, 1 from words
union
select %(agent)s, '', 1
order by 2
on conflict (agent_id, lexeme) do update set entries = known.entries + 1
"""

COLUMNS = (
    "entry_id, section, text, topic, author, job_id, step, at,"
    " trust, source, happened_at, expires_at, pinned, supersedes"
)
FIELDS = (
    "id", "section", "text", "topic", "author", "job", "step", "at",
    "trust", "source", "happened_at", "expires_at", "pinned", "supersedes",
)  # fmt: skip

ARCHIVED = f"select {COLUMNS} from memory_entries where agent_id = %s and entry_id = any(%s) and archived"  # noqa: S608

FINDABLE = f"""
select {COLUMNS} from memory_entries
 where agent_id = %(agent)s and entry_id = any(%(ids)s) and (removed_in is null or archived)
   and (expires_at is null or expires_at > %(now)s)
 order by array_position(%(ids)s, entry_id)
"""  # noqa: S608 - a constant

OCCASION = """
select occasion, place, coalesce(happened_at, at) from memory_entries
 where agent_id = %s and section = %s
 order by added_in desc
 limit 1
"""

APART = 3600.0
"""Seconds between two entries of a section that are of two occasions."""

KNOWN = """
select place from unnest(%s::text[], %s::text[]) with ordinality as new (section, said, place)
 where exists (
       select from memory_entries as old
        where agent_id = %s and archived
          and content = memory_content(new.section, new.said)
       offset 0)
"""
"""`offset 0` has it looked up for each new entry, in the index, and never joined with the whole archive."""

PINNED = "update memory_entries set pinned = %s where agent_id = %s and entry_id = %s and removed_in is null"


async def archived(connection: Connection, agent: str, named: Collection[str]) -> tuple[Entry, ...]:
    """Those of the entries `named` (ids) that are in the agent's archive."""
    rows = await (await connection.execute(ARCHIVED.encode(), (agent, list(named)))).fetchall()
    return tuple(entry_of(row) for row in rows)


async def findable(connection: Connection, agent: str, ids: Sequence[str], now: float) -> tuple[Entry, ...]:
    """Those of the entries (ids) that the agent has in memory.md or its archive and that have not expired."""
    values = {"agent": agent, "ids": list(ids), "now": now}
    rows = await (await connection.execute(FINDABLE.encode(), values, prepare=False)).fetchall()
    return tuple(entry_of(row) for row in rows)


def entry_of(row: Sequence[Any]) -> Entry:
    """The entry that a row of `COLUMNS` holds."""
    return Entry.model_validate(dict(zip(FIELDS, row, strict=True)))


async def new(connection: Connection, agent: str, events: Sequence[AgentEvent]) -> list[AgentEvent]:
    """The events but for additions of what the archive holds already. One that was there before keeps its id."""
    added = [event.entry if isinstance(event, MemoryAdded) and not event.entry.id else None for event in events]
    if not any(added):
        return list(events)
    sections, texts = zip(*((each.section.value, each.text) if each else ("", "") for each in added), strict=True)
    values = (list(sections), list(texts), agent)
    found = await (await connection.execute(KNOWN, values, prepare=False)).fetchall()
    known = {place - 1 for (place,) in found}
    return [event for place, event in enumerate(events) if added[place] is None or place not in known]


async def project(connection: Connection, agent: str, version: int, event: AgentEvent) -> None:
    """The row that follows from one event."""
    match event:
        case MemoryAdded():
            row = _row(agent, version, event)
            if event.entry.id:
                await connection.execute(RESTORED, row, prepare=False)
            if event.entry.topic:
                await connection.execute(OVERTAKEN, {**row, "why": f"superseded by {row['id']}"}, prepare=False)
            row |= await _occasion(connection, agent, event.entry, version)
            await connection.execute(ADDED, row)
            await connection.execute(INDEX, row)
        case MemoryRemoved():
            await connection.execute(LEFT, (version, event.by, event.why, False, agent, event.entry_id), prepare=False)
        case MemoryArchived():
            await connection.execute(LEFT, (version, None, event.why, True, agent, event.entry_id), prepare=False)
        case MemoryPinned():
            await connection.execute(PINNED, (event.pinned, agent, event.entry_id), prepare=False)
        case TextErased():
            for entry in event.entries:
                await connection.execute(LEFT, (version, event.by, event.why, False, agent, entry), prepare=False)
        case AccessGranted() | AccessRevoked():
            await grants.project(connection, agent, version, event)
        case MemoryRolledBack() | FileRestored() | MemoryRead() | ProfileSet():
            return
        case _:
            assert_never(event)


async def _occasion(connection: Connection, agent: str, entry: Entry, version: int) -> dict[str, Any]:
    """Where the entry stands among those that happened together: the occasion of the one before it, or its own."""
    before = await (await connection.execute(OCCASION, (agent, entry.section.value))).fetchone()
    if before and abs(entry.when - before[2]) < APART:
        return {"when": entry.when, "occasion": before[0], "place": before[1] + 1}
    return {"when": entry.when, "occasion": version, "place": 0}


def _row(agent: str, version: int, event: MemoryAdded) -> dict[str, Any]:
    entry, archived = event.entry.added_in(version), bool(event.archived)
    left = {"removed_in": version if archived else None, "archived": archived, "why": event.archived or None}
    said = {"supersedes": list(entry.supersedes), "section": entry.section.value, "trust": entry.trust.value}
    return {**entry.model_dump(), **said, **left, "agent": agent, "version": version}
