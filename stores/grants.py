"""The table `memory_grants`: what agents may read of each other's memory. It follows from the owners' streams."""

from typing import LiteralString

from domain.sharing import Access, AccessGranted, AccessRevoked, Grant
from stores.postgres import Connection

GRANTED = """
insert into memory_grants (owner_id, reader_id, section, access, granted_by, until, granted_in)
select %(owner)s, %(reader)s, section, %(access)s, %(by)s, %(until)s, %(version)s
  from unnest(%(sections)s::text[]) as section
    on conflict (owner_id, reader_id, section) do update
   set access = excluded.access, granted_by = excluded.granted_by, until = excluded.until,
       granted_in = excluded.granted_in
"""
REVOKED = "delete from memory_grants where owner_id = %s and reader_id = %s and section = any(%s)"

HELD: LiteralString = """
select owner_id, reader_id, section, access, granted_by, until
  from memory_grants
 where owner_id = %(agent)s or reader_id = %(agent)s
 order by 1, 2, 3
"""

READABLE = """
select exists (
    select from memory_grants
     where owner_id = %s and reader_id = %s and (until is null or until > extract(epoch from now())))
"""


async def project(connection: Connection, owner: str, version: int, event: AccessGranted | AccessRevoked) -> None:
    """The rows that follow from one event."""
    sections = [section.value for section in event.sections]
    if isinstance(event, AccessRevoked):
        await connection.execute(REVOKED, (owner, event.reader, sections), prepare=False)
        return
    given = {"reader": event.reader, "access": event.access.value, "by": event.by, "until": event.until}
    await connection.execute(GRANTED, {**given, "owner": owner, "sections": sections, "version": version})


async def held(connection: Connection, agent: str) -> list[tuple[str, Grant]]:
    """The permissions that the agent gave or has, each with the agent whose memory it is about."""
    rows = await (await connection.execute(HELD, {"agent": agent}, prepare=False)).fetchall()
    return [
        (owner, Grant(reader=reader, section=section, access=Access(access), by=by, until=until))
        for owner, reader, section, access, by, until in rows
    ]


async def may_read(connection: Connection, owner: str, reader: str) -> bool:
    """Whether the agent may read anything of the owner's memory now."""
    row = await (await connection.execute(READABLE, (owner, reader), prepare=False)).fetchone()
    return row is not None and bool(row[0])
