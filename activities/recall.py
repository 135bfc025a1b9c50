"""What the archive holds on what a job is at: found ahead of time while a tool runs, else searched for.

    a call of a tool runs ──▶ its outcome is imagined ──▶ the question of the decision after it ──▶ search ──▶ Redis
    the decision ──▶ the same question, and the same version of the memory? ──yes──▶ the entries by their ids
                                                                            └──no──▶ search

Nobody waits for looking ahead, and what fails there is of no account. Most tools are done sooner than a search, and the
decision is a way through Temporal later: so it may go on for `LINGERS` seconds after the call, and is cancelled then.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from typing import Literal

from domain.events import Changed, Preload
from domain.job import JobState
from domain.memory import AgentState, Entry
from domain.recall import next_question, question
from stores.memory import Memories
from stores.preloads import LONGEST_MS, Preloaded, Preloads, digest
from stores.search import Search, Searched

RECALLED = 50
"""Entries that a search finds at most."""
LINGERS = 1.0
AHEAD_AT_ONCE = 2
"""So many searches ahead a worker makes at once: the rest of its connections are for what is waited for."""

Recalled = tuple[tuple[Entry, ...], Preload]
"""The entries, the best first, and what looking ahead was worth."""

log = logging.getLogger(__name__)


class Recall:
    """Searches of the archive for jobs, now and ahead of time."""

    def __init__(self, memories: Memories, preloads: Preloads) -> None:
        self.memories = memories
        self.preloads = preloads
        self._room = asyncio.Semaphore(AHEAD_AT_ONCE)
        self._running = dict[str, asyncio.Task[None]]()

    async def entries(self, state: JobState, memory: AgentState, now: float) -> Recalled:
        """What the archive holds for the decision that is due; `memory` is what the agent remembers now."""
        assert state.asked is not None
        began, asked = time.monotonic(), question(state)
        held = await self.preloads.find(state.asked.job)
        changed = _changed(held, memory, asked)
        if held and not changed:
            found = await self.memories.named(state.asked.agent, held.entries, now)
            if len(found) == len(held.entries):
                return found, Preload(outcome="hit", searched_ms=held.searched_ms, looked_ms=_ms(began))
            changed = "entries"
        looked, began = _ms(began), time.monotonic()
        searched = await self._search(memory.agent, asked, now)
        if searched.fault:
            log.warning("the archive was searched by words alone: %s", searched.fault)
        found = tuple(each.entry for each in searched.found)
        outcome: Literal["miss", "none"] = "miss" if held else "none"
        return found, Preload(outcome=outcome, changed=changed, searched_ms=_ms(began), looked_ms=looked)

    @contextlib.contextmanager
    def ahead(self, state: JobState, now: float) -> Iterator[None]:
        """While the block runs, which is a call of a tool, looks for what the decision after it will need."""
        assert state.asked is not None
        task = asyncio.create_task(self._ahead(state, now))
        self._runs(state.asked.job, task)
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(LINGERS, task.cancel)

    def _runs(self, job: str, task: asyncio.Task[None]) -> None:
        """Keeps the task until it has ended. One for an earlier call of the job could only overwrite what it finds."""
        if earlier := self._running.pop(job, None):
            earlier.cancel()
        self._running[job] = task
        task.add_done_callback(lambda _: self._running.get(job) is task and self._running.pop(job))

    async def _ahead(self, state: JobState, now: float) -> None:
        assert state.asked is not None
        try:
            async with self._room:
                asked = next_question(state, now)
                if asked and (found := await self._preloaded(state.asked.agent, asked, now)):
                    await self.preloads.keep(state.asked.job, found)
        except Exception as error:  # noqa: BLE001 - the call must not fail for what was only to spare time after it
            log.info("nothing was found ahead for job %s: %s", state.asked.job, error)

    async def _preloaded(self, agent: str, asked: str, now: float) -> Preloaded | None:
        """The version is read before the search: what changes between the two makes it a miss, never a wrong hit.

        What words alone found, as the embedder failed, is not kept: it may answer when the decision is due.
        """
        memory = await self.memories.load(agent)
        began = time.monotonic()
        searched = await self._search(agent, asked, now)
        if searched.fault:
            return None
        ids, took = tuple(each.entry.id for each in searched.found), min(_ms(began), LONGEST_MS)
        return Preloaded(memory=memory.version, question=digest(asked), entries=ids, searched_ms=took)

    async def _search(self, agent: str, asked: str, now: float) -> Searched:
        return await self.memories.search(Search(agent=agent, question=asked, now=now, limit=RECALLED))


def _changed(held: Preloaded | None, memory: AgentState, asked: str) -> Changed | None:
    if held is None:
        return None
    if held.question != digest(asked):
        return "question"
    return "memory" if held.memory != memory.version else None


def _ms(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 3)
