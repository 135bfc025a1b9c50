"""The files that people read: memory.md, TODO.md and what tools wrote, as projections of the journal.

    read the file ──▶ as we wrote it? ──▶ write what the journal says now
                          │ no: a person edited it ──▶ merge against the version it names, as events ──▶ write
                          │ unreadable ──▶ keep it as an artifact, an event says so ──▶ write

Invariants: under the agent's lock a file is written from what the journal says at that moment, so it never goes back;
a write is a whole new file renamed over the old one; what a person wrote becomes an event before it is replaced.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence

from domain import memory_file, todo_file
from domain.errors import LonghaulError, NotFound, Refused
from domain.events import JobEvent
from stores import artifacts
from stores.edits import MEMORY, TODO, Edits
from stores.jobs import Found, Jobs
from stores.memory import Memories
from stores.tasks import Tasks
from stores.workspace import Workspace

CHANGING = frozenset({"JobOpened", "TodoEdited", "JobCompleted"})
"""Events that may change memory or the files, whatever the states say; so does a tool that remembers or writes."""
EDITED = (MEMORY, TODO)
"""The files that people may edit."""
LOCK_SECONDS = 10.0
SAVES = 5
"""So many times in a row a person may save the file between our reading and our writing, before it waits for later."""
ENDED_SHOWN = 5
"""So many ended jobs keep their completed items in TODO.md."""

log = logging.getLogger(__name__)


class EditedMeanwhile(LonghaulError):
    """The file was saved between reading and writing it."""


class AgentFiles:
    """Keeps agents' files in step with the journal, both ways."""

    def __init__(self, jobs: Jobs, memories: Memories, tasks: Tasks, workspace: Workspace) -> None:
        self.jobs = jobs
        self.memories = memories
        self.tasks = tasks
        self.workspace = workspace
        self.edits = Edits(jobs, memories)
        self._written: dict[tuple[str, str], bytes] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def sync(self, agent: str, paths: Sequence[str] = EDITED) -> bool:
        """Imports what people edited, then writes what the journal says now: `paths`, and with memory all documents.

        A file that cannot be written (no plain file, no space) is no reason for a job to stop: it is written later, by
        the next change or by upkeep (`catch_up`). Says whether all are in step.
        """
        try:
            async with self._alone(agent):
                await self._in_step(agent, paths)
        except (Refused, OSError, TimeoutError) as error:
            log.warning("the files of agent %s are behind the journal: %s", agent, error)
            return False
        return True

    async def catch_up(self, agent: str) -> bool:
        """The same, if the agent's files are here; says whether nothing is left to be done."""
        try:
            here = self.workspace.has(agent)
        except (Refused, OSError):
            return False
        return await self.sync(agent) if here else True

    async def follow(self, agent: str, path: str) -> None:
        """The same, if the file at `path` is here; else the agent's files are another machine's."""
        try:
            here = self.workspace.read(agent, path) is not None
        except (Refused, OSError):
            here = True
        if here:
            await self.sync(agent)

    async def imported(self, agent: str) -> bool:
        """Imports what people edited, if anything; says whether there was anything to look into."""
        try:
            edited = any(self._is_edited(agent, path) for path in EDITED)
        except (Refused, OSError):
            edited = True
        if edited:
            await self.sync(agent)
        return edited

    async def written(self, found: Found) -> None:
        """Writes what the tail of a job may have changed in the files; does nothing when it changed nothing there."""
        asked, before, after = found.state.asked, found.before, found.state
        assert asked is not None
        if (asked.agent, TODO) not in self._written or any(_stores(event) for event in found.standing.tail):
            await self.sync(asked.agent)
        elif (before.todo, before.end) != (after.todo, after.end):
            await self.sync(asked.agent, (TODO,))

    @contextlib.asynccontextmanager
    async def _alone(self, agent: str) -> AsyncIterator[None]:
        async with self._locks.setdefault(agent, asyncio.Lock()):
            held = self.workspace.locked(agent, LOCK_SECONDS)
            await asyncio.to_thread(held.__enter__)
            try:
                yield
            finally:
                held.__exit__(None, None, None)

    async def _in_step(self, agent: str, paths: Sequence[str]) -> None:
        for _ in range(SAVES):
            seen = {path: self.workspace.read(agent, path) for path in paths}
            for path, found in seen.items():
                if found is not None and self._written.get((agent, path)) != found:
                    await self.edits.imported(agent, path, found)
            with contextlib.suppress(EditedMeanwhile):
                return await self._write(agent, seen)
        log.warning("the files of agent %s are saved faster than they can be written; later", agent)

    def _is_edited(self, agent: str, path: str) -> bool:
        found = self.workspace.read(agent, path)
        return found is not None and self._written.get((agent, path)) != found

    async def _write(self, agent: str, seen: Mapping[str, bytes | None]) -> None:
        for path, found in seen.items():
            text = await (self._memory(agent) if path == MEMORY else self._todo(agent))
            self._replace(agent, path, text.encode(), found)
        if MEMORY in seen:
            for path, sha256 in await self.tasks.documents(agent):
                await self._write_document(agent, path, sha256)

    async def _memory(self, agent: str) -> str:
        memory = await self.memories.load(agent)
        return memory_file.render(agent, memory.version, memory.entries)

    async def _todo(self, agent: str) -> str:
        return todo_file.render(agent, await self.tasks.todo_of(agent, ENDED_SHOWN))

    async def _write_document(self, agent: str, path: str, sha256: str) -> None:
        """Writes what a tool wrote; one path that cannot be written holds up no other."""
        try:
            if self._digest(agent, path) != sha256:
                self.workspace.replace(agent, path, await artifacts.fetch(self.jobs.pool, sha256))
        except (Refused, NotFound, OSError) as error:
            log.warning("a file of agent %s is behind the journal: %s", agent, error)

    def _replace(self, agent: str, path: str, content: bytes, seen: bytes | None) -> None:
        """Replaces a file that people may edit, unless it was saved after it was `seen`."""

        def unless_saved(point: str) -> None:
            if point == "before_rename" and self.workspace.read(agent, path) != seen:
                raise EditedMeanwhile(f"{path} of agent {agent}")

        if seen != content:
            self.workspace.replace(agent, path, content, at=unless_saved)
        self._written[agent, path] = content

    def _digest(self, agent: str, path: str) -> str:
        found = self.workspace.read(agent, path)
        return hashlib.sha256(found).hexdigest() if found is not None else ""


def _stores(event: JobEvent) -> bool:
    if event.type == "ToolReturned":
        return event.how == "transaction" or bool(event.files)
    return event.type in CHANGING
