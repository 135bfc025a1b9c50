"""The outbox relay: every committed event reaches its agent's stream in Redis, at least once, in commit order per job.

    commit (event + outbox row) ──▶ relay: lock a batch, XADD + PUBLISH, delete the rows ──▶ readers

Rows are locked with SKIP LOCKED and deleted in the transaction that was open while Redis was told, so that several
relays share the work and a relay that dies leaves its rows. A notice may come twice; it carries its stream and version.
Never "id > last": ids are not in commit order, and that reads over rows. Redis down: rows wait.

Redis empty (it lost its data, or is another one): what it was told and its readers had not read yet is gone, while the
outbox holds no row of it. A key that every relay looks for is then missing, and the recent events are told again.
"""

import asyncio
import json
import logging
from typing import Any

from redis.asyncio import Redis

from domain.errors import Disconnected
from stores.postgres import EVERY_AGENT, Connection, Pool, reading, transaction
from stores.redis import AWAY, answered

BATCH = 200
IDLE_SECONDS = 0.2
DOWN_SECONDS = 1.0
STREAM_LENGTH = 10_000

TAKE = """
select outbox.stream, outbox.version, event.agent_id, event.event_type, event.event_data, event.at
  from outbox join agent_events as event using (stream, version)
 order by event.at, outbox.stream, outbox.version
 limit %s
   for update of outbox skip locked
"""
DELETE = "delete from outbox using unnest(%s::text[], %s::int[]) as told (s, v) where stream = s and version = v"

TOLD = "longhaul:told"
"""Stands in a Redis that was told."""
AGAIN = """
insert into outbox (stream, version)
select stream, version
  from (select stream, version, row_number() over (partition by agent_id order by at desc, version desc) as place
          from agent_events where at > now() - interval '1 day') as recent
 where place <= %s
    on conflict do nothing
"""
"""What an agent's stream in Redis would hold: a day of events, as many as it keeps."""

log = logging.getLogger(__name__)


def stream_key(agent: str) -> str:
    """The Redis stream and the pub/sub channel of an agent."""
    return f"longhaul:agent:{agent}"


class Relay:
    """Moves outbox rows to Redis until it is cancelled."""

    def __init__(self, pool: Pool, redis: Redis) -> None:
        self.pool = pool
        self.redis = redis

    async def run(self) -> None:
        """Relays for ever; a store that is down is tried again."""
        while True:
            try:
                told = await self.once()
            except (*AWAY, Disconnected) as error:
                log.info("notices wait: %s", error)
                await asyncio.sleep(DOWN_SECONDS)
            else:
                await asyncio.sleep(0 if told == BATCH else IDLE_SECONDS)

    async def once(self) -> int:
        """Relays one batch; returns its size."""
        await self._tell_again_if_empty()
        async with transaction(self.pool, EVERY_AGENT) as connection:
            rows = await (await connection.execute(TAKE, (BATCH,))).fetchall()
            if rows:
                await self._tell(rows)
                await self._forget(connection, rows)
        return len(rows)

    async def backlog(self) -> int:
        """How many rows wait. Raises `Disconnected`."""
        async with reading(self.pool) as connection:
            row = await (await connection.execute("select count(*) from outbox")).fetchone()
        return int(row[0]) if row else 0

    async def _tell_again_if_empty(self) -> None:
        """Puts the recent events into the outbox anew, and only then marks this Redis as one that is told."""
        async with answered():
            if await self.redis.exists(TOLD):
                return
        async with transaction(self.pool, EVERY_AGENT) as connection:
            again = (await connection.execute(AGAIN, (STREAM_LENGTH,))).rowcount
        async with answered():
            await self.redis.set(TOLD, "1")
        log.info("Redis was empty: %d notices are told again", again)

    async def _tell(self, rows: list[tuple[Any, ...]]) -> None:
        pipeline = self.redis.pipeline(transaction=False)
        for stream, version, agent, type_, data, at in rows:
            key = stream_key(agent)
            notice = {"stream": stream, "version": version, "type": type_, "at": at.timestamp(), "data": data}
            pipeline.xadd(key, {"notice": json.dumps(notice)}, maxlen=STREAM_LENGTH, approximate=True)
            pipeline.publish(key, f"{stream} {version}")
        async with answered():
            await pipeline.execute()

    async def _forget(self, connection: Connection, rows: list[tuple[Any, ...]]) -> None:
        await connection.execute(DELETE, ([row[0] for row in rows], [row[1] for row in rows]))
