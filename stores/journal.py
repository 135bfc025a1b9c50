"""The journal: streams of events in Postgres, append-only, each row chained to the one before by its hash.

    digest = SHA-256(salt, canonical bytes of the event's data)
    hash   = SHA-256(canonical bytes of [prev_hash, stream, version, type, schema, digest])

Invariants: versions of a stream are 1, 2, 3 ... without a gap (an append names the version it follows, and the primary
key lets one writer have it); a row never changes; every row has an outbox row in the same transaction; a message id
stands at most once in a stream. The chain covers the digest, not the data, so that data can be erased and the chain
still verifies (`stores.erase`): the salt of such a row is empty, and a later `TextErased` names its version.

A caller that has seen a version brings its hash: when the journal lacks that row, it is behind (restored from an older
backup), and nothing is written over the gap before a person accepts the loss (`LossAccepted` names the hash that was
lost).
"""

import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.canonical import canonical
from domain.errors import JournalBehind, JournalBroken
from domain.events import SCHEMA
from domain.frozen import Frozen
from domain.head import Head
from domain.upcast import upcast
from stores.postgres import Connection


@dataclass(frozen=True)
class Row:
    """One event as it is stored."""

    head: Head
    type: str
    schema: int
    data: dict[str, Any]
    at: datetime

    @property
    def current(self) -> dict[str, Any]:
        """The data in today's form. Raises `NewerSchema`."""
        return upcast(self.data, self.schema)


FROM = """
select version, event_type, schema, event_data, at, encode(hash, 'hex')
  from agent_events
 where stream = %s and version >= %s
 order by version
 limit %s
"""

PAGE = 500
"""Rows that are read at once: a job of ten thousand calls must not keep its worker from its heartbeats."""

NEW = """
new as (
    insert into agent_events
        (stream, version, agent_id, event_type, schema, event_data, message_id, salt, digest, prev_hash, hash)
    select %(stream)s,
           case when version > (%(versions)s::int[])[1] or version = 1 or exists (
               select from agent_events as before
                where before.stream = %(stream)s and before.version = rows.version - 1 and before.hash = rows.prev_hash
           ) then version end,
           %(agent)s, type, %(schema)s, data, message_id, salt, digest, prev_hash, hash
      from unnest(%(versions)s::int[], %(types)s::text[], %(data)s::jsonb[], %(messages)s::text[],
                  %(salts)s::bytea[], %(digests)s::bytea[], %(prevs)s::bytea[], %(hashes)s::bytea[])
        as rows (version, type, data, message_id, salt, digest, prev_hash, hash)
    returning stream, version
)
"""
"""The new rows of an append, as a part of a statement that also writes what follows from them.

Their first has no version, which the schema refuses, when the row that it follows is not there (any more): between
reading and appending an older backup may have been restored.
"""

TOLD = "insert into outbox (stream, version) select stream, version from new"
APPEND = f"with {NEW} {TOLD}"


async def pages(connection: Connection, stream: str, seen: Head) -> AsyncIterator[list[Row]]:
    """The rows after `seen`, oldest first, in pages. Raises `JournalBehind` if the row that was seen is not there."""
    last, rows = seen.version, await _from(connection, stream, max(seen.version, 1), PAGE)
    full = len(rows) == PAGE
    if seen.version:
        if not rows or rows[0].head != seen:
            raise await behind(connection, stream, seen)
        rows = rows[1:]
    while True:
        if rows:
            yield rows
            last = rows[-1].head.version
        if not full:
            return
        rows = await after(connection, stream, last, PAGE)
        full = len(rows) == PAGE


async def read(connection: Connection, stream: str, seen: Head) -> list[Row]:
    """The rows after `seen`, oldest first. Raises `JournalBehind` if the row that was seen is not there."""
    return [row async for page in pages(connection, stream, seen) for row in page]


async def after(connection: Connection, stream: str, version: int, limit: int) -> list[Row]:
    """Up to `limit` rows after a version that the caller takes on trust: for looking, not for appending."""
    return await _from(connection, stream, version + 1, limit)


async def _from(connection: Connection, stream: str, version: int, limit: int) -> list[Row]:
    found = await (await connection.execute(FROM, (stream, version, limit))).fetchall()
    return [Row(Head(version=v, hash=h), type_, schema, data, at) for v, type_, schema, data, at, h in found]


async def behind(connection: Connection, stream: str, seen: Head) -> JournalBehind:
    """The error for a stream that lacks what was seen."""
    query = "select coalesce(max(version), 0) from agent_events where stream = %s"
    row = await (await connection.execute(query, (stream,))).fetchone()
    assert row is not None
    there = f"ends at {row[0]}" if row[0] < seen.version else "has another one there"
    what = f"{stream} was seen at version {seen.version}, the journal {there}"
    return JournalBehind(f"{what}; restore the newer backup, or see `longhaul recover`")


KNOWS = """
select exists (
    select from agent_events
     where stream = %(stream)s
       and (version = %(version)s and hash = decode(%(hash)s, 'hex')
            or event_type = 'LossAccepted' and event_data ->> 'hash' = %(hash)s)
)
"""


async def knows(connection: Connection, stream: str, seen: Head) -> bool:
    """Whether the stream has this row, or says that a person has accepted its loss."""
    row = await (await connection.execute(KNOWS, {"stream": stream, **seen.model_dump()})).fetchone()
    return seen.version == 0 or (row is not None and bool(row[0]))


async def holds(connection: Connection, stream: str, head: Head) -> bool:
    """Whether the stream has exactly this row."""
    query = "select encode(hash, 'hex') from agent_events where stream = %s and version = %s"
    row = await (await connection.execute(query, (stream, head.version))).fetchone()
    return row is not None and row[0] == head.hash


async def append(connection: Connection, stream: str, agent: str, head: Head, events: Sequence[Frozen]) -> None:
    """Appends `events` right after `head`, in the caller's transaction. Another append there raises `Raced`."""
    _, values = columns(stream, agent, head, events)
    await connection.execute(APPEND.encode(), values)


def columns(stream: str, agent: str, head: Head, events: Sequence[Frozen]) -> tuple[list[Head], dict[str, Any]]:
    """The values of `NEW` for `events` right after `head`, and the head after each of them."""
    found = _Columns(stream, head)
    for event in events:
        found.add(event)
    return found.heads[1:], {"stream": stream, "agent": agent, "schema": SCHEMA, **found.values}


class _Columns:
    """The rows of an append, as one array a column."""

    def __init__(self, stream: str, head: Head) -> None:
        self.stream = stream
        self.heads = [head]
        names = ("versions", "types", "data", "messages", "salts", "digests", "prevs", "hashes")
        self.values: dict[str, list[Any]] = {name: [] for name in names}

    def add(self, event: Frozen) -> None:
        data = event.model_dump(mode="json")
        previous = self.heads[-1].hash
        type_, version, encoded = data["type"], self.heads[-1].version + 1, canonical(data)
        salt = os.urandom(16)
        digest = hashlib.sha256(salt + encoded).digest()
        chained = chain(previous, self.stream, version, type_, SCHEMA, digest)
        row = (version, type_, encoded.decode(), data.get("message_id"), salt, digest, bytes.fromhex(previous), chained)
        for column, value in zip(self.values.values(), row, strict=True):
            column.append(value)
        self.heads.append(Head(version=version, hash=chained.hex()))


def chain(previous: str, stream: str, version: int, type_: str, schema: int, digest: bytes) -> bytes:  # noqa: PLR0917
    """The hash of a row, from the hash of the row before it (hexadecimal, empty for the first)."""
    return hashlib.sha256(canonical([previous, stream, version, type_, schema, digest.hex()])).digest()


async def verify(connection: Connection, stream: str) -> Head:
    """Recomputes a stream's whole chain and returns its head. Raises `JournalBroken` at the first row that is wrong."""
    head, rows = Head(), _Erased()
    query = (
        "select version, event_type, schema, event_data, salt, digest, prev_hash, hash"
        " from agent_events where stream = %s order by version"
    )
    async with connection.cursor() as cursor:
        await cursor.execute(query, (stream,))
        async for version, type_, schema, data, salt, digest, previous, stored in cursor:
            right = (
                version == head.version + 1
                and previous.hex() == head.hash
                and (rows.holds(version, salt) or hashlib.sha256(salt + canonical(data)).digest() == digest)
                and chain(head.hash, stream, version, type_, schema, digest) == stored
            )
            if not right:
                raise JournalBroken(f"{stream} at version {version}; the row was changed, or one before it is missing")
            head = Head(version=version, hash=stored.hex())
            if type_ == "TextErased":
                rows.accounted |= set(data["versions"])
    if unaccounted := rows.found - rows.accounted:
        raise JournalBroken(f"{stream} at version {min(unaccounted)}; the row was emptied, and no event says why")
    return head


class _Erased:
    """The rows of a stream that were erased, which have no salt; and those of which an event says so."""

    def __init__(self) -> None:
        self.found = set[int]()
        self.accounted = set[int]()

    def holds(self, version: int, salt: bytes) -> bool:
        if not salt:
            self.found.add(version)
        return not salt
