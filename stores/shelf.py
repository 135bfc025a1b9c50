"""One agent's files, to be read: what tools wrote as the journal has it, then what people put into the directory.

Another machine, or a file that could not be written yet, makes no difference to what a tool wrote. memory.md and
TODO.md are left out: they are views of what every model is told anyway.
"""

import asyncio

from domain.errors import Refused
from domain.paths import wrong
from stores import artifacts
from stores.edits import MEMORY, TODO
from stores.postgres import Pool
from stores.tasks import Tasks
from stores.workspace import Workspace

VIEWS = frozenset({MEMORY, TODO})


class Shelf:
    """The files of one agent."""

    def __init__(self, pool: Pool, workspace: Workspace, agent: str) -> None:
        self.pool = pool
        self.workspace = workspace
        self.agent = agent

    async def listing(self) -> tuple[str, ...]:
        """The paths below the agent's directory, sorted."""
        written = {path for path, _ in await Tasks(self.pool).documents(self.agent)}
        there = await asyncio.to_thread(self.workspace.listing, self.agent)
        return tuple(sorted({*written, *there} - VIEWS))

    async def read(self, path: str) -> bytes | None:
        """The file's content, or None when there is none. Raises `Refused` for a path that leads elsewhere."""
        if why := wrong(path):
            raise Refused(f"path {path!r}, it {why}; right is a path such as notes/plan.md")
        written = dict(await Tasks(self.pool).documents(self.agent))
        if path in written:
            return await artifacts.fetch(self.pool, written[path])
        return await asyncio.to_thread(self.workspace.read, self.agent, path)
