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
import time
from collections.abc import AsyncIterator, Sequence

from domain import memory_file, todo_file
from domain.errors import Unreadable
from domain.events import JobEvent
from domain.head import Head
from domain.memory import AgentEvent, AgentState, FileRestored, MemoryRemoved
from stores import artifacts
from stores.jobs import Found, Jobs, Judge
from stores.memory import Memories
from stores.postgres import transaction
from stores.tasks import Tasks
from stores.workspace import Workspace

MEMORY = "memory.md"
TODO = "TODO.md"
BY_HAND = "a person, in the file"
LOCK_SECONDS = 10.0
CHANGING = frozenset({"JobOpened", "TodoEdited", "JobCompleted"})
"""Events that may change memory or the files, whatever the states say; so does a tool in a transaction."""
ENDED_SHOWN = 5
"""So many ended jobs keep their completed items in TODO.md."""


class AgentFiles:
    """Keeps agents' files in step with the journal, both ways."""

    def __init__(self, jobs: Jobs, memories: Memories, tasks: Tasks, workspace: Workspace) -> None:
        self.jobs = jobs
        self.memories = memories
        self.tasks = tasks
        self.workspace = workspace
        self._written: dict[tuple[str, str], bytes] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def sync(self, agent: str) -> None:
        """Imports what people edited, then writes what the journal says now."""
        async with self._alone(agent):
            await self._import(agent)
            await self._write(agent)

    async def imported(self, agent: str) -> bool:
        """Imports what people edited, if anything; says whether there was anything to look into."""
        if not any(self._edited(agent, path) for path in (MEMORY, TODO)):
            return False
        await self.sync(agent)
        return True

    async def written(self, found: Found) -> None:
        """Writes what the tail of a job may have changed in the files; does nothing when it changed nothing there."""
        asked, before, after = found.state.asked, found.before, found.state
        assert asked is not None
        stored = any(_stores(event) for event in found.standing.tail)
        if stored or (before.todo, before.end) != (after.todo, after.end) or not self._known(asked.agent):
            await self.sync(asked.agent)

    def _known(self, agent: str) -> bool:
        return (agent, TODO) in self._written

    @contextlib.asynccontextmanager
    async def _alone(self, agent: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(agent, asyncio.Lock())
        async with lock:
            held = self.workspace.locked(agent, LOCK_SECONDS)
            await asyncio.to_thread(held.__enter__)
            try:
                yield
            finally:
                held.__exit__(None, None, None)

    async def _import(self, agent: str) -> None:
        await self._import_memory(agent)
        await self._import_todo(agent)

    async def _import_memory(self, agent: str) -> None:
        found = self._edited(agent, MEMORY)
        if found is None:
            return None
        try:
            file = memory_file.parse(_text(found))
        except Unreadable as error:
            return await self._restored(agent, MEMORY, found, str(error))
        base = await self.memories.at(agent, file.version)
        edits = memory_file.edits(base.entries, file)
        if edits.added or edits.removed:
            await self.memories.append(agent, lambda memory: _merged(memory, edits, time.time()))

    async def _import_todo(self, agent: str) -> None:
        found = self._edited(agent, TODO)
        if found is None:
            return None
        try:
            file = todo_file.parse(_text(found))
        except Unreadable as error:
            return await self._restored(agent, TODO, found, str(error))
        states = [await self.jobs.at(job, version) for job, version in file.versions.items()]
        base = [todo_file.JobTodo.of(state) for state in states if state.asked]
        for job, edit in todo_file.edits(tuple(base), file, by=BY_HAND, at=time.time()).items():
            await self.jobs.append(job, Head(), _unless_ended(edit))

    def _edited(self, agent: str, path: str) -> bytes | None:
        """The file, when it is not as this process wrote it last."""
        found = self.workspace.read(agent, path)
        return None if found is None or self._written.get((agent, path)) == found else found

    async def _restored(self, agent: str, path: str, found: bytes, why: str) -> None:
        async with transaction(self.jobs.pool) as connection:
            kept = await artifacts.keep(connection, found)
            event = FileRestored(path=path, found=kept, why=why)
            await self.memories.append_within(connection, agent, lambda memory: [event])

    async def _write(self, agent: str) -> None:
        memory = await self.memories.load(agent)
        todo = await self.tasks.todo_of(agent, ENDED_SHOWN)
        self._replace(agent, MEMORY, memory_file.render(agent, memory.version, memory.entries).encode())
        self._replace(agent, TODO, todo_file.render(agent, todo).encode())
        for path, sha256 in await self.tasks.documents(agent):
            if self._digest(agent, path) != sha256:
                self._replace(agent, path, await artifacts.fetch(self.jobs.pool, sha256))

    def _replace(self, agent: str, path: str, content: bytes) -> None:
        if self.workspace.read(agent, path) != content:
            self.workspace.replace(agent, path, content)
        self._written[agent, path] = content

    def _digest(self, agent: str, path: str) -> str:
        found = self.workspace.read(agent, path)
        return hashlib.sha256(found).hexdigest() if found is not None else ""


def _stores(event: JobEvent) -> bool:
    return event.type in CHANGING or (event.type == "ToolReturned" and event.how == "transaction")


def _text(found: bytes) -> str:
    try:
        return found.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8 at byte {error.start}") from error


def _merged(memory: AgentState, edits: memory_file.MemoryEdits, now: float) -> Sequence[AgentEvent]:
    """A person's edit on top of what stands now: removals of what is still there, then additions."""
    known = {entry.id for entry in memory.entries}
    removed = [MemoryRemoved(entry_id=gone, by=BY_HAND, why="removed") for gone in edits.removed if gone in known]
    added = memory.apply_all(removed).remember(edits.added, at=now, author=BY_HAND, job="")
    return [*removed, *added]


def _unless_ended(edit: JobEvent) -> Judge:
    return lambda standing: () if standing.state.end else (edit,)
