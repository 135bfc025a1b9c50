"""Upkeep: jobs that are open in Postgres and have no workflow are started again."""

from collections.abc import Awaitable, Callable, Sequence

from temporalio import activity

from activities.beat import beating
from activities.faults import named


class UpkeepActivities:
    """Has it done; `restart` finds the lost jobs, has them started and returns their ids."""

    def __init__(self, restart: Callable[[], Awaitable[Sequence[str]]]) -> None:
        self.restart = restart

    @activity.defn
    async def keep_up(self) -> list[str]:
        """One look; says which jobs were lost."""
        async with named(), beating():
            return list(await self.restart())
