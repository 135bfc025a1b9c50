"""What anybody can know of the running jobs: their journals, read all the time, past every edge.

The observer folds each job as its workflow does. What it has once read is acknowledged: it must stand for ever.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from chaos.campaign.script import WORDS, remembered
from domain.errors import Disconnected
from domain.events import JobEvent
from domain.head import Head
from domain.job import JobState
from stores import journal
from stores.jobs import decode
from stores.journal import Row
from stores.postgres import Pool, reading

LOOK_SECONDS = 0.1
NEWS = """
select seen.stream, event.version, event.event_type, event.schema, event.event_data, event.at, encode(event.hash, 'hex')
  from unnest(%s::text[], %s::int[]) as seen (stream, version)
  join agent_events as event on event.stream = seen.stream and event.version > seen.version
 order by seen.stream, event.version
"""
OUTCOMES = frozenset({"ToolReturned", "ToolFailed", "OutcomeUnknown"})

log = logging.getLogger(__name__)


@dataclass
class Seen:
    """One job as the observer knows it. `moved` is when it last had news (monotonic seconds)."""

    job: str
    state: JobState = field(default_factory=JobState)
    heads: list[Head] = field(default_factory=list)
    messages: set[str] = field(default_factory=set)
    """The ids of those that were recorded and not refused."""
    words: dict[str, int] = field(default_factory=dict)
    """From which version on a prompt must hold what people said, and what the job itself has remembered."""
    called: set[str] = field(default_factory=set)
    outcomes: int = 0
    moved: float = 0.0

    @property
    def agent(self) -> str:
        """Whose job it is; nothing before it was requested."""
        return self.state.asked.agent if self.state.asked else ""

    @property
    def works(self) -> bool:
        """Whether it has something to do that needs no person."""
        return self.state.asked is not None and self.state.status in ("in_progress", "ready")

    def begin_anew(self) -> None:
        """Nothing of it was seen."""
        self.state, self.heads = JobState(), []
        self.messages, self.words, self.called = set(), {}, set()

    def read(self, row: Row) -> None:
        event: JobEvent = decode(row)
        if event.type == "ToolCalled":
            self.called.add(event.call.item)
        if event.type == "ToolReturned" and self.state.call:
            self._note(remembered(self.job, self.state.call.call.item), row.head.version)
        self.state = self.state.apply(event)
        self.heads.append(row.head)
        self.outcomes += event.type in OUTCOMES
        self.moved = time.monotonic()
        message_id = getattr(event, "message_id", "")
        if message_id and event.type != "MessageRefused":
            self.messages.add(message_id)
            self._note(getattr(event, "text", ""), row.head.version)

    def _note(self, text: str, version: int) -> None:
        for word in WORDS.findall(text):
            self.words.setdefault(word, version)


class Observer:
    """All jobs of a run. `changed` tells of news."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.jobs: dict[str, Seen] = {}
        self.outcomes = 0
        self.gone = 0
        """Events that were read, and that an older backup does not have."""
        self.changed = asyncio.Condition()

    def watch(self, job: str) -> Seen:
        """Watches the job from now on."""
        return self.jobs.setdefault(job, Seen(job))

    async def look_on(self) -> None:
        """Looks until it is cancelled. While Postgres is away there is nothing to see."""
        while True:
            try:
                await self._look()
            except Disconnected as error:
                log.debug("the observer sees nothing: %s", error)
            async with self.changed:
                self.changed.notify_all()
            await asyncio.sleep(LOOK_SECONDS)

    async def until(self, holds: Callable[[], bool], patience: float) -> bool:
        """Waits until it holds; says whether it does within so many seconds."""
        try:
            async with asyncio.timeout(patience), self.changed:
                await self.changed.wait_for(holds)
        except TimeoutError:
            return False
        return True

    def working(self) -> tuple[Seen, ...]:
        """The jobs that have something to do now."""
        return tuple(seen for seen in self.jobs.values() if seen.works)

    async def moved(self, jobs: Collection[Seen], since: float, patience: float) -> dict[str, float | None]:
        """Seconds from `since` (monotonic) until each of the jobs moved; None when that took longer than patience.

        A job moves when it has news; while it waits for its turn, when any job of its agent has. One that had come to
        wait for a person by then has nothing to move to, and is left out.
        """
        first = dict[str, float]()

        def all_did() -> bool:
            for seen in jobs:
                if (at := self._moved_at(seen)) > since:
                    first.setdefault(seen.job, at - since)
            return all(seen.job in first or not seen.works for seen in jobs)

        await self.until(all_did, patience)
        return {seen.job: first.get(seen.job) for seen in jobs if seen.job in first or seen.works}

    def _moved_at(self, seen: Seen) -> float:
        if seen.state.status != "ready":
            return seen.moved
        return max(each.moved for each in self.jobs.values() if each.agent == seen.agent)

    async def rewound(self) -> int:
        """After an older backup was restored: looks at every job anew; returns how many events are gone."""
        gone, seen = 0, list(self.jobs.values())
        async with reading(self.pool) as connection:
            for each in seen:
                standing = {row.head for row in await journal.read(connection, f"job/{each.job}", Head())}
                if lost := [head for head in each.heads if head not in standing]:
                    gone += len(lost)
                    each.begin_anew()
        self.gone += gone
        return gone

    async def _look(self) -> None:
        open_ = [seen for seen in self.jobs.values() if seen.state.end is None]
        streams, versions = [f"job/{seen.job}" for seen in open_], [seen.state.version for seen in open_]
        async with reading(self.pool) as connection:
            rows = await (await connection.execute(NEWS, (streams, versions))).fetchall()
        for stream, version, type_, schema, data, at, hash_ in rows:
            seen = self.jobs[stream.removeprefix("job/")]
            before = seen.outcomes
            seen.read(Row(Head(version=version, hash=hash_), type_, schema, data, at))
            self.outcomes += seen.outcomes - before
