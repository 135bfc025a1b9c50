"""Upkeep: jobs that are open in Postgres and have no workflow are started again; TODO lists are kept tidy, files that
are behind are written, old memories compacted, and a page is written of each day.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from temporalio import activity

from activities.beat import beating
from activities.compaction import Compaction
from activities.faults import named
from domain.memory import MemoryAdded
from stores.edits import MEMORY
from stores.files import AgentFiles
from stores.old import with_old_entries

AT_ONCE = 20
"""So many agents have their memory compacted in one round, at most."""


class UpkeepActivities:
    """Has it done; `restart` finds the lost jobs, has them started and returns their ids; `tidy` is told the time.

    `report` writes the page of a day in place of the one that was there, and returns where.
    """

    def __init__(
        self,
        restart: Callable[[], Awaitable[Sequence[str]]],
        tidy: Callable[[float], Awaitable[None]],
        catch_up: Callable[[], Awaitable[None]],
        compaction: Compaction,
        files: AgentFiles,
        *,
        report: Callable[[date], Awaitable[str]],
    ) -> None:
        self.restart = restart
        self.tidy = tidy
        self.catch_up = catch_up
        self.compaction = compaction
        self.files = files
        self.report = report

    @activity.defn
    async def keep_up(self, now: float | None = None) -> list[str]:
        """One look, at the workflow's time (an older one tells none); says which jobs were lost."""
        async with named(), beating():
            lost = list(await self.restart())
            await self.tidy(time.time() if now is None else now)
            await self.catch_up()
            return lost

    @activity.defn
    async def due_for_compaction(self) -> list[str]:
        """The agents whose memory may be due; some of them, if there are many."""
        async with named(), beating():
            compaction = self.compaction
            return await with_old_entries(compaction.memories.pool, compaction.policy, time.time(), AT_ONCE)

    @activity.defn
    async def compact(self, agent: str) -> list[str]:
        """Compacts an agent's memory, once what people edited in its file is in; says by whom each summary is."""
        async with named(), beating():
            await self.files.follow(agent, MEMORY)
            _, events = await self.compaction.compact(agent, time.time())
            await self.files.follow(agent, MEMORY)
            return [event.entry.author for event in events if isinstance(event, MemoryAdded)]

    @activity.defn
    async def report_day(self, day: str) -> list[str]:
        """Writes the page of that day of UTC; says where it is on this worker's machine."""
        async with named(), beating():
            return [await self.report(date.fromisoformat(day))]
