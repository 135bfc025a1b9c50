"""The loop that gives new entries their vectors: in each worker, one of which is at it at a time for an agent.

    agents whose newest entry is not the one seen last ──▶ lease ──▶ fill ──▶ seen

An agent's entries come in the order of their versions, so that "its newest entry was seen" means that all were.
"""

import asyncio
import logging

from domain.errors import Disconnected, LonghaulError, RateLimited, ResourceBusy
from stores.lease import Leases
from stores.postgres import EVERY_AGENT, Pool, transaction
from stores.vectors import Vectors

IDLE_SECONDS = 1.0
DOWN_SECONDS = 15.0
LEASE_SECONDS = 120.0

NEWEST = """
with recursive agent (id) as (
    select min(agent_id) from memory_entries
    union all
    select (select min(agent_id) from memory_entries where agent_id > agent.id) from agent where agent.id is not null
)
select id, (select max(added_in) from memory_entries where agent_id = id) from agent where id is not null
"""
"""One step into the primary key for each agent, however much they remember."""

log = logging.getLogger(__name__)


class Filling:
    """Fills in vectors until it is cancelled."""

    def __init__(self, pool: Pool, vectors: Vectors, leases: Leases) -> None:
        self.pool = pool
        self.vectors = vectors
        self.leases = leases
        self._seen: dict[str, int] = {}

    async def run(self) -> None:
        """Fills for ever; an embedder or a store that is down is tried again."""
        told = ""
        while True:
            try:
                await self.once()
            except LonghaulError as error:
                if told != str(error):  # a fault that lasts is told once
                    told = str(error)
                    log.log(
                        logging.INFO if isinstance(error, Disconnected) else logging.WARNING, "vectors wait: %s", error
                    )
                await asyncio.sleep(error.retry_after if isinstance(error, RateLimited) else DOWN_SECONDS)
            else:
                told = ""
                await asyncio.sleep(IDLE_SECONDS)

    async def once(self) -> int:
        """Fills in what every agent lacks; returns how many vectors that were."""
        made = 0
        for agent, newest in await self._newest():
            if self._seen.get(agent) != newest:
                made += await self._fill(agent, newest)
        return made

    async def _newest(self) -> list[tuple[str, int]]:
        async with transaction(self.pool, EVERY_AGENT) as connection:
            found: list[tuple[str, int]] = await (await connection.execute(NEWEST, prepare=False)).fetchall()
        return found

    async def _fill(self, agent: str, newest: int) -> int:
        try:
            async with self.leases.hold(f"vectors:{agent}", LEASE_SECONDS, patience=0):
                made = await self.vectors.fill(agent)
        except ResourceBusy:  # another worker is at it
            return 0
        self._seen[agent] = newest
        return made
