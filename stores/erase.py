"""Erasing what an agent was told, from everything that Postgres holds: privacy in an append-only journal.

    1  the words' rows are found in every stream: the agent's own, those of jobs that wrote or read them, other agents'
    2  in each row they become `[erased]`, and its salt goes; an artifact that holds them goes whole
    3  each stream gets a `TextErased`; what follows from it is rebuilt: tables, archive, index
    4  all of it is one transaction, by the owner: the app can change no row of the journal

What the streams of agents and people hold is read under their locks, so that nothing is said meanwhile. A job that is
still open keeps its words: its workflow holds them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter, ValidationError

from domain.erasure import ERASED, TextErased, Words
from domain.errors import NotFound, Refused
from domain.events import JOB_EVENT
from domain.head import Head
from domain.memory import AGENT_EVENT
from domain.preference import PERSON_EVENT
from domain.summary_head import HEAD
from domain.upcast import Fields, upcast
from stores import journal, rebuild, roles, vectors
from stores.memory import LOCK
from stores.postgres import EVERY_AGENT, Connection, Pool, transaction

SAID = "select text from memory_entries where agent_id = %s and entry_id = %s order by added_in desc limit 1"

SUMMARIES = """
with recursive holding (entry_id) as (
    select %(entry)s::text
    union
    select summary.entry_id
      from memory_entries as summary
      join holding on holding.entry_id = any(summary.supersedes)
     where summary.agent_id = %(agent)s and summary.text ~ %(head)s
)
select text from memory_entries join holding using (entry_id)
 where agent_id = %(agent)s and entry_id <> %(entry)s
 group by text
 order by max(added_in) desc
"""

HOLDING = """
select stream, version, agent_id, schema, event_data
  from agent_events
 where event_data::text ilike %(like)s and (%(everywhere)s or agent_id = %(agent)s)
 order by stream, version
"""
OPEN = "select job_id from agent_tasks where 'job/' || job_id = any(%s) and completed_at is null order by 1 limit 1"
OVERWRITE = "update agent_events set event_data = %s, salt = '' where stream = %s and version = %s"
CONTENTS = "select sha256, content from artifacts where position(%s in content) > 0 order by sha256"
NEWEST = "select version, encode(hash, 'hex') from agent_events where stream = %s order by version desc limit 1"

EVENTS: Mapping[str, TypeAdapter[Any]] = {"agent": AGENT_EVENT, "job": JOB_EVENT, "person": PERSON_EVENT}
"""The events of a stream, by the first word of its name."""

TABLES = ("agent_events", "artifacts", "outbox", *rebuild.TABLES)
"""What is vacuumed afterwards: rows that were overwritten stay in the files of Postgres until then."""


@dataclass(frozen=True)
class Erased:
    """What was erased: versions by stream, the agents of those streams, and the SHA-256 of artifacts."""

    streams: dict[str, tuple[int, ...]]
    agents: dict[str, str]
    artifacts: tuple[str, ...]
    words: Words


@dataclass(frozen=True)
class _Row:
    stream: str
    version: int
    agent: str
    data: Fields
    """The event without the words, as it will be stored."""
    entry: str
    """The memory that is gone with them."""


async def said(pool: Pool, agent: str, entry: str) -> str:
    """What the entry says. Raises `NotFound`, and `Refused` for one that was erased."""
    async with transaction(pool, agent) as connection:
        row = await (await connection.execute(SAID, (agent, entry), prepare=False)).fetchone()
    if row is None:
        raise NotFound(f"memory {entry} of agent {agent}; `longhaul memory log {agent}` names them")
    if row[0] == ERASED:
        raise Refused(f"memory {entry} of agent {agent} was erased already")
    return str(row[0])


async def summaries(pool: Pool, agent: str, entry: str) -> list[str]:
    """What the summaries say that were made of the entry, or of such a summary; the newest first."""
    async with transaction(pool, agent) as connection:
        values = {"agent": agent, "entry": entry, "head": f"^{HEAD.pattern}"}
        rows = await connection.execute(SUMMARIES, values, prepare=False)
        return [text for (text,) in await rows.fetchall()]


async def erase(owners: Pool, agent: str, text: str, by: str, why: str, *, keep: bool = False) -> Erased:
    """Erases the text wherever it stands, a short one only where it is of the agent; with `keep` only says where.

    Raises `Refused` while a job works with it, and `roles.NotPermitted` for who may not change the journal.
    """
    words = Words(text)
    async with transaction(owners, EVERY_AGENT) as connection:
        found = await _held_still(connection, agent, words)
        contents = await _contents(connection, words)
        done = _summary(found, contents, words)
        await _refuse_open(connection, list(done.streams))
        if not keep:
            await _overwrite(connection, found, contents)
            for stream in done.streams:
                await _account(connection, stream, [row for row in found if row.stream == stream], by, why)
    return done


async def _held_still(connection: Connection, agent: str, words: Words) -> list[_Row]:
    """The rows that hold the words, once nobody can add to what these agents and people remember."""
    locked, wanted = set[str](), {f"agent/{agent}"}
    while wanted - locked:
        for stream in sorted(wanted - locked):
            await connection.execute(LOCK, (stream, EVERY_AGENT))
        locked |= wanted
        found = await _holding(connection, agent, words)
        wanted = {row.stream for row in found if not row.stream.startswith("job/")}
    return found


async def _holding(connection: Connection, agent: str, words: Words) -> list[_Row]:
    values = {"like": _like(words.telling), "everywhere": words.are_many, "agent": agent}
    rows = await (await connection.execute(HOLDING, values, prepare=False)).fetchall()
    return [found for row in rows if (found := _without(words, *row))]


def _without(words: Words, stream: str, version: int, agent: str, schema: int, data: Fields) -> _Row | None:  # noqa: PLR0917
    without: Fields = words.without(data)
    if without == data:
        return None
    entry: Fields = without.get("entry", {})
    if entry:
        entry["id"] = upcast(data, schema)["entry"]["id"]  # an older release made it of the words
    _refuse_unreadable(stream, version, schema, without)
    gone = entry.get("text") == ERASED
    return _Row(stream, version, agent, without, entry["id"] or f"m{version}" if gone else "")


async def _contents(connection: Connection, words: Words) -> tuple[str, ...]:
    rows = await (await connection.execute(CONTENTS, (words.telling.encode(),), prepare=False)).fetchall()
    return tuple(sha256 for sha256, content in rows if words.stand_in(bytes(content).decode(errors="replace")))


def _summary(found: Sequence[_Row], contents: tuple[str, ...], words: Words) -> Erased:
    streams = dict[str, tuple[int, ...]]()
    for row in found:
        streams[row.stream] = (*streams.get(row.stream, ()), row.version)
    return Erased(streams, {row.stream: row.agent for row in found}, contents, words)


async def _refuse_open(connection: Connection, streams: list[str]) -> None:
    row = await (await connection.execute(OPEN, (streams,), prepare=False)).fetchone()
    if row:
        raise Refused(f"job {row[0]} still works with these words; wait for its end, or `longhaul cancel {row[0]}`")


async def _overwrite(connection: Connection, found: Sequence[_Row], contents: tuple[str, ...]) -> None:
    try:
        await connection.cursor().executemany(OVERWRITE, [(Jsonb(row.data), row.stream, row.version) for row in found])
    except InsufficientPrivilege as error:
        raise roles.NotPermitted(str(error).splitlines()[0]) from error
    await connection.execute("delete from artifacts where sha256 = any(%s)", (list(contents),))


async def _account(connection: Connection, stream: str, rows: Sequence[_Row], by: str, why: str) -> None:
    """Says in the stream what was erased of it, and rebuilds what follows from it."""
    head = await (await connection.execute(NEWEST, (stream,))).fetchone()
    assert head is not None
    entries = tuple(dict.fromkeys(row.entry for row in rows if row.entry))
    event = TextErased(versions=tuple(row.version for row in rows), entries=entries, by=by, why=why)
    agent = rows[0].agent
    await journal.append(connection, stream, agent, Head(version=head[0], hash=head[1]), [event])
    await rebuild.rebuild_stream(connection, stream, agent)
    if stream.startswith("agent/"):
        await vectors.erase(connection, agent, event.versions)


def _refuse_unreadable(stream: str, version: int, schema: int, data: Fields) -> None:
    """The words may be part of what an event needs to be one."""
    kind = stream.partition("/")[0]
    try:
        EVENTS[kind].validate_python(upcast(data, schema))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Refused(f"the words are part of {where} in {stream} at version {version}, which must stay") from error


def _like(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


async def vacuum(owners: Pool) -> None:
    """Lets Postgres use the space again where the words stood, and forget them in its statistics."""
    async with owners.connection() as connection:
        also = ("memory_vectors",) if await vectors.are_kept(connection) else ()
        for table in (*TABLES, *also):
            await connection.execute(sql.SQL("vacuum (analyze) {}").format(sql.Identifier(table)))
