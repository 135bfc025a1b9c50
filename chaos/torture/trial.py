"""One scenario played: its attempts take turns, step by step, and after each step journal and witness are read."""

import asyncio
import time

from activities.inputs import Move
from chaos.torture import promise
from chaos.torture.attempt import Attempt
from chaos.torture.scenario import POINTS, Point, Scenario
from chaos.torture.stage import Stage
from domain.events import CallRenewed, ToolCalled
from domain.frozen import Frozen

MOST_ATTEMPTS = 5
ORDINALS = ("first", "second", "third", "fourth", "fifth")
AFTER_DEADLINE_SECONDS = 0.1


class Step(Frozen):
    """What one attempt did; the events that were new in the journal then; how often the effect had happened."""

    who: str
    did: str
    journal: tuple[str, ...]
    effects: int


class Verdict(Frozen):
    """One scenario: how the promise was `broken` (empty: kept), and whether that is `excused`.

    `passed` are the points that its last attempt came by; `journal` is what it says of the call in the end.
    """

    scenario: str
    broken: str
    excused: bool
    journal: promise.Said
    effects: int
    steps: tuple[Step, ...]
    passed: tuple[str, ...]


class Trial:
    """Plays one scenario; its mark is also the job's name."""

    def __init__(self, stage: Stage, scenario: Scenario, mark: str) -> None:
        self.stage = stage
        self.scenario = scenario
        self.mark = mark
        self.steps: list[Step] = []
        self.attempts: list[Attempt] = []
        self.seen = 0

    async def played(self) -> Verdict:
        """The verdict."""
        move = await self.stage.called(self.mark)
        self.seen = len(await self.stage.journal(self.mark))
        first = self._attempt(move, unheard=self.scenario.how == "unheard")
        stands = await self._first(first, move)
        if not self.scenario.alone:
            await self._second(move, first if stands else None)
        await self._settled(move)
        return await self._verdict()

    async def _first(self, first: Attempt, move: Move) -> bool:
        """Brings the first attempt to its end, or to where it is suspended: says whether it is."""
        if self.scenario.how in (None, "unheard"):
            await self._runs(first)
            return False
        if not await self._runs(first, self.scenario.point):
            return False
        match self.scenario.how:
            case "killed":
                await self._kill(first, move)
            case "cancelled":
                first.cancel()
                await self._runs(first, word="is cancelled there, goes on")
            case "suspended" if self.scenario.alone:
                await self._wakes(first)
            case _:
                return True
        return False

    async def _second(self, move: Move, zombie: Attempt | None) -> None:
        """A second attempt, and the first one waking up beside it."""
        second, halt = self._attempt(move), self.scenario.second
        stands = await self._runs(second, halt.point if halt else None)
        if halt and stands and halt.how == "killed":
            await self._kill(second, move)
        if zombie:
            await self._wakes(zombie)
        if halt and stands and halt.how == "suspended":
            await self._runs(second, word="wakes up")

    async def _settled(self, move: Move) -> None:
        """Attempts as Temporal makes them, until the call has an outcome. What was cancelled unmade has none."""
        while len(self.attempts) < MOST_ATTEMPTS:
            said = promise.said(await self.stage.journal(self.mark))
            if said != "open" and not (said == "never called" and self.scenario.how != "cancelled"):
                return
            await self._runs(self._attempt(move))

    async def _wakes(self, zombie: Attempt) -> None:
        word = "wakes up"
        if self.scenario.late:
            deadlines = [
                e.deadline for e in await self.stage.journal(self.mark) if isinstance(e, ToolCalled | CallRenewed)
            ]
            await asyncio.sleep(max([0.0, *(each - time.time() for each in deadlines)]) + AFTER_DEADLINE_SECONDS)
            word = "wakes up after the deadline"
        await self._runs(zombie, word=word)

    async def _kill(self, attempt: Attempt, move: Move) -> None:
        await self.stage.bury(attempt.name, move)
        await self._note(attempt, "is killed there")

    async def _runs(self, attempt: Attempt, point: Point | None = None, word: str = "starts") -> bool:
        """Lets the attempt run to the point, or to its end: says whether it stands at the point."""
        stands = await attempt.until(point)
        if stands and point:
            await self._note(attempt, f"{word}, stops {POINTS[point]}")
        else:
            await self._note(attempt, f"{word}, ends" + (f" with {attempt.error[:200]}" if attempt.error else ""))
        return stands

    async def _note(self, attempt: Attempt, did: str) -> None:
        events = await self.stage.journal(self.mark)
        new, self.seen = tuple(event.type for event in events[self.seen :]), len(events)
        effects = await self.stage.applied(self.mark)
        self.steps.append(Step(who=f"{attempt.name} attempt", did=did, journal=new, effects=effects))

    def _attempt(self, move: Move, *, unheard: bool = False) -> Attempt:
        made = self.stage.attempt(ORDINALS[len(self.attempts)], move, unheard=unheard)
        self.attempts.append(made)
        return made

    async def _verdict(self) -> Verdict:
        effect = self.stage.tool.effect
        said = promise.said(await self.stage.journal(self.mark))
        effects = await self.stage.applied(self.mark)
        broken = promise.broken(effect, said, effects) or promise.too_late(effect, self.scenario, effects)
        return Verdict(
            scenario=self.scenario.name,
            broken=broken,
            excused=bool(broken) and promise.is_excused(effect, self.scenario),
            journal=said,
            effects=effects,
            steps=tuple(self.steps),
            passed=tuple(self.attempts[-1].passed),
        )
