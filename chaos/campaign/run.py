"""One run: jobs start one after the other, people attend to them, faults strike, all heals, the oracles are asked."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.service import RPCError

from chaos.campaign import oracles, witness
from chaos.campaign.arena import Arena
from chaos.campaign.evidence import Evidence, noted
from chaos.campaign.expected import request
from chaos.campaign.found import Checked, Episode
from chaos.campaign.inject import Injector
from chaos.campaign.kinds import Kind
from chaos.campaign.notices import Subscriber
from chaos.campaign.people import Heard, Person
from chaos.campaign.plan import Fault, JobPlan, Plan
from domain.errors import LonghaulError

Say = Callable[[str], None]

START_SECONDS = 3.0
TRIES = 8
AGAIN_SECONDS = 1.0


@dataclass(frozen=True)
class Patience:
    """Seconds: for a job to move after a fault, for all to end after the last, for files and notices to follow."""

    to_move: float = 20.0
    to_end: float = 120.0
    to_follow: float = 20.0


PATIENCE = Patience()


@dataclass(frozen=True)
class Outcome:
    """What a run did, and what its oracles say. `began` jobs of those that were planned; `seconds` until all ended."""

    checked: Checked
    episodes: tuple[Episode, ...]
    in_jobs: dict[str, int]
    """How often each kind of fault came that is a part of the jobs."""
    began: int
    ended: int
    outcomes: int
    seconds: float


@dataclass
class Run:
    """A run in an arena."""

    plan: Plan
    place: Arena
    folder: Path
    say: Say
    patience: Patience = PATIENCE
    heard: Heard = field(default_factory=Heard)
    episodes: list[Episode] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.injector = Injector(self.place)
        self.subscriber = Subscriber(self.place.there.needed("redis_url"))
        self.attending: dict[str, asyncio.Task[None]] = {}

    async def whole(self) -> Outcome:
        """The whole run."""
        listening = asyncio.create_task(self.subscriber.listen())
        driving = asyncio.create_task(self._drive())
        try:
            await asyncio.gather(*(self._strike(lane) for lane in self.plan.lanes))
            await self._heal()
            driving.cancel()
            await self._ended()
            seconds = time.monotonic() - self.began
            self.say(f"all faults are over after {seconds:.0f} s; asking the oracles")
            return Outcome(
                checked=await oracles.checked(self._evidence()),
                episodes=tuple(self.episodes),
                in_jobs=self._in_jobs(),
                began=len(self.attending),
                ended=sum(self.place.observer.jobs[job].state.end is not None for job in self.attending),
                outcomes=self.place.observer.outcomes,
                seconds=seconds,
            )
        finally:
            for task in (listening, driving, *self.attending.values()):
                task.cancel()
            await asyncio.gather(listening, driving, *self.attending.values(), return_exceptions=True)

    async def undisturbed(self, seconds: float) -> float:
        """Outcomes a second while nothing strikes; the time counts from the first one."""
        observer, driving = self.place.observer, asyncio.create_task(self._drive())
        try:
            await observer.until(lambda: observer.outcomes > 0, self.patience.to_end)
            before = observer.outcomes
            await asyncio.sleep(seconds)
            return (observer.outcomes - before) / seconds
        finally:
            for task in (driving, *self.attending.values()):
                task.cancel()
            await asyncio.gather(driving, *self.attending.values(), return_exceptions=True)

    async def _drive(self) -> None:
        """Starts the planned jobs in their order, so many at once."""
        for plan in self.plan.jobs:
            while sum(not task.done() for task in self.attending.values()) >= self.plan.at_once:
                await asyncio.wait(
                    [task for task in self.attending.values() if not task.done()], return_when=asyncio.FIRST_COMPLETED
                )
            self.subscriber.follow([plan.agent])
            self.attending[plan.job] = asyncio.create_task(self._job(plan))

    async def _job(self, plan: JobPlan) -> None:
        seen = self.place.observer.watch(plan.job)
        while seen.state.asked is None:
            with contextlib.suppress(LonghaulError, RPCError, RuntimeError):
                await self.place.longhaul.start(request(plan))
            await self.place.observer.until(lambda: seen.state.asked is not None, START_SECONDS)
        await Person(self.place.longhaul, self.place.observer, plan, self.heard, self._applied).attends()

    def _applied(self, key: str) -> bool:
        """A person looks at the witness's own book."""
        return witness.has(self.folder / "witness.jsonl", key)

    async def _strike(self, lane: tuple[Fault, ...]) -> None:
        for fault in lane:
            due = self.place.observer.outcomes + fault.outcomes
            await self.place.observer.until(lambda: self.place.observer.outcomes >= due, fault.patience)  # noqa: B023
            for _ in range(TRIES):
                if await self._episode(fault):
                    break
                await asyncio.sleep(AGAIN_SECONDS)

    async def _episode(self, fault: Fault) -> bool:
        """Whether the fault could be done: its victim may just not have been there, or what it goes by was away."""
        hit, at = self.place.observer.working(), time.monotonic()
        try:
            note = await self.injector(fault)
        except (LonghaulError, RPCError, RuntimeError):
            note = ""
        healed = time.monotonic()
        if not note:
            return False
        moved = await self.place.observer.moved(hit, healed, self.patience.to_move)
        episode = Episode(
            number=fault.number,
            kind=fault.kind,
            note=note,
            at=round(at - self.began, 2),
            lasted=round(healed - at, 2),
            hit=tuple(seen.job for seen in hit),
            moved={job: None if took is None else round(took, 2) for job, took in moved.items()},
        )
        self.episodes.append(episode)
        self.say(f"{episode.at:6.1f} s  {fault.kind}: {note} ({len(hit)} jobs at work)")
        return True

    async def _heal(self) -> None:
        for edge in self.place.edges:
            edge.release()
        self.place.fleet.limit_files(-1)
        await self.place.fleet.ready()
        await self.place.longhaul.pool.check()

    async def _ended(self) -> None:
        """Waits until every job that has begun has ended, as long as any of them may."""
        if self.attending:
            await asyncio.wait(self.attending.values(), timeout=self.patience.to_end)
        for task in self.attending.values():
            if task.done() and (error := task.exception()):
                raise error

    def _in_jobs(self) -> dict[str, int]:
        counts = Counter[str](self.heard.faults)
        answers = noted(self.folder / "answers.jsonl")
        for each in (each for each in answers if each["job"] in self.attending):
            counts[Kind.MODEL_FAULT if each["what"] == "model" else Kind.TOOL_FAULT] += 1
        return dict(counts)

    def _evidence(self) -> Evidence:
        spoiled = sum(e.kind in (Kind.FILE_TORN, Kind.FILE_REPLACED) for e in self.episodes)
        plans = {plan.job: plan for plan in self.plan.jobs if plan.job in self.attending}
        return Evidence(
            arena=self.place,
            folder=self.folder,
            plans=plans,
            heard=self.heard,
            notices=self.subscriber.seen,
            spoiled=spoiled,
            edits=self.injector.files.edits,
            histories=self.injector.servers.histories,
            patience=self.patience.to_follow,
        )
