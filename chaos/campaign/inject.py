"""How each kind of fault is done to an arena, and undone. An injector returns what it did; nothing, if it could not.

The fault is over when its injector returns: whatever it broke is whole again, and jobs should move.
"""

from collections.abc import Awaitable, Callable

from chaos.campaign.arena import Arena
from chaos.campaign.kinds import Kind
from chaos.campaign.on_files import OnFiles
from chaos.campaign.on_servers import OnServers
from chaos.campaign.on_workers import OnWorkers
from chaos.campaign.plan import Fault


class Injector:
    """Does the faults of one run, each by the method of a part that is named like its kind."""

    def __init__(self, arena: Arena) -> None:
        self.servers, self.workers, self.files = OnServers(arena), OnWorkers(arena), OnFiles(arena)

    async def __call__(self, fault: Fault) -> str:
        """Does it, and undoes it."""
        return await self.of(fault.kind)(fault)

    def of(self, kind: Kind) -> Callable[[Fault], Awaitable[str]]:
        """What does faults of that kind."""
        part = next(each for each in (self.servers, self.workers, self.files) if hasattr(each, kind))
        injector: Callable[[Fault], Awaitable[str]] = getattr(part, kind)
        return injector
