"""What people wrote into memory.md and TODO.md, as events: a three-way merge against the version the file names.

A file that cannot be read as one of ours, or that is another agent's, or that holds what no open job can take, is kept
whole as an artifact, and an event says so: nothing that a person wrote is lost.
"""

import time
from functools import partial

from domain import memory_file, merge, todo_file
from domain.errors import Unreadable
from domain.events import JobEvent
from domain.head import Head
from domain.memory import AgentState, Author, FileRestored
from domain.todo_file import JobTodo, TodoFile
from stores import artifacts
from stores.jobs import Jobs, Judge
from stores.memory import Memories
from stores.postgres import transaction

MEMORY = "memory.md"
TODO = "TODO.md"
BY_HAND = "a person, in the file"


class Edits:
    """Imports edited files."""

    def __init__(self, jobs: Jobs, memories: Memories) -> None:
        self.jobs = jobs
        self.memories = memories

    async def imported(self, agent: str, path: str, found: bytes) -> None:
        """Makes events of what the file changes."""
        try:
            text = _text(found)
            await (self._memory(agent, text) if path == MEMORY else self._todo(agent, text))
        except Unreadable as error:
            await self._kept(agent, path, found, str(error))

    async def _memory(self, agent: str, text: str) -> None:
        file = memory_file.parse(text)
        _refuse_foreign(agent, file.agent)
        history = [change.event for change in await self.memories.history(agent)]
        base = AgentState(agent=agent).apply_all(history[: file.version])
        _refuse_newer("its memory", base.version, file.version)
        edits = memory_file.edits(base.entries, file)
        if edits.added or edits.removed:
            since, author = merge.since(base, history[file.version :]), Author(BY_HAND, time.time())
            judge = partial(merge.merged, base=base, edits=edits, since=since, author=author)
            await self.memories.append(agent, judge, edits.removed)

    async def _todo(self, agent: str, text: str) -> None:
        file = todo_file.parse(text)
        _refuse_foreign(agent, file.agent)
        states = [await self.jobs.at(job, version) for job, version in file.versions.items()]
        for state, (job, version) in zip(states, file.versions.items(), strict=True):
            _refuse_newer(f"job {job}", state.version, version)
        base = tuple(JobTodo.of(state) for state in states if state.asked and state.asked.agent == agent)
        for job, edit in todo_file.edits(base, file, by=BY_HAND, at=time.time()).items():
            await self.jobs.append(job, Head(), _unless_ended(edit))
        _refuse_homeless(base, file)

    async def _kept(self, agent: str, path: str, found: bytes, why: str) -> None:
        async with transaction(self.jobs.pool) as connection:
            kept = await artifacts.keep(connection, found)
            event = FileRestored(path=path, found=kept, why=why)
            await self.memories.append_within(connection, agent, lambda memory: [event])


def _text(found: bytes) -> str:
    try:
        return found.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8 at byte {error.start}") from error


def _refuse_foreign(agent: str, named: str) -> None:
    if named != agent:
        raise Unreadable(f"it is the file of agent {named!r}")


def _refuse_newer(of: str, journal: int, file: int) -> None:
    """A file from after the backup that Postgres was restored from is no edit of what the journal has."""
    if journal < file:
        raise Unreadable(
            f"it is of version {file} of {of}, and the journal has {journal}; was an older backup restored?"
        )


def _refuse_homeless(base: tuple[JobTodo, ...], file: TodoFile) -> None:
    """Items that were written where no open job can take them."""
    lines = [line for block in file.jobs for line in block.lines]
    if lines and all(job.ended or not job.items for job in base):
        raise Unreadable(f"no job is open that could take {lines[0].text!r}; start a job for it")


def _unless_ended(edit: JobEvent) -> Judge:
    return lambda standing: () if standing.state.end else (edit,)
