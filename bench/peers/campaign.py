"""One line of the table: its runs under the plan of kills, then runs that nobody disturbs."""

import asyncio
from dataclasses import asdict, dataclass

from bench.own import say
from bench.peers.counting import Counted
from bench.peers.errand import TOGETHER, Errand
from bench.peers.lines import Line
from bench.peers.plan import Kill, Plan
from bench.peers.stage import Stage
from bench.percentile import percentile
from settings import Settings

ALONE = 10
"""So many undisturbed runs one after the other."""
MOMENT = 0.1


@dataclass(frozen=True)
class Killed:
    """What came of the runs under the plan. Seconds are from a death to the next sign of life."""

    effects: int
    duplicates: int
    lost: int
    runs: int
    ended: int
    deaths: int
    moved: int
    forgiven: int
    asked: int
    p50: float | None
    p95: float | None
    longest: float | None


@dataclass(frozen=True)
class Undisturbed:
    """Steps (effects) a second of one run after the other, and of many at once in one process; commits a step.

    `commits` are all, `wrote` those that wrote; both without those of a process that had nothing to do for the same
    time, and None where the state is not in our Postgres.
    """

    alone: float
    together: float
    commits: float | None
    wrote: float | None


@dataclass(frozen=True)
class Figures:
    """A line, measured."""

    line: Line
    killed: Killed
    undisturbed: Undisturbed

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"name": self.line.name, **asdict(self.killed), "undisturbed": asdict(self.undisturbed)}


async def measured(settings: Settings, line: Line, plan: Plan, effects: int, at_once: int) -> Figures:
    """Every figure of a line. `at_once` runs, each with a process of its own, are under way at any time."""
    say(f"{line.title}: {len(plan)} runs under the plan of kills")
    seats = asyncio.Semaphore(at_once)
    stage = Stage(settings, line)
    stage.prepare()
    await _idle(stage, "first", MOMENT)  # makes the line's own tables: two at once are in each other's way

    async def one(number: int) -> Counted:
        run = f"{line.name}-{number}"
        mine = Stage(settings, line, run) if line.apart else stage
        async with seats:
            return await _under_kills(mine, run, plan[number], effects)

    killed = summed(await asyncio.gather(*(one(number) for number in range(len(plan)))), effects)
    say(f"{line.title}: {killed.duplicates} duplicates, {killed.lost} lost; undisturbed now")
    return Figures(line, killed, await _undisturbed(stage, effects))


async def _under_kills(stage: Stage, run: str, kills: tuple[Kill, ...], effects: int) -> Counted:
    if stage.line.apart:
        stage.prepare()
    errand = Errand(str(stage.folder / f"{run}.json"), run, stage.line.way, (run,), effects)
    errand.witness(run).arm(kills)
    await stage.carried(errand)
    found = stage.counted(errand, run)
    if found.processes > found.deaths + 1:
        raise RuntimeError(f"{run} was carried by processes of other runs too: {errand.witness(run).path}")
    return found


def summed(runs: list[Counted], effects: int) -> Killed:
    """The runs together."""
    stood = [seconds for run in runs for seconds in run.stood]
    return Killed(
        effects=len(runs) * effects,
        duplicates=sum(run.duplicates for run in runs),
        lost=sum(run.lost for run in runs),
        runs=len(runs),
        ended=sum(run.ended for run in runs),
        deaths=sum(run.deaths for run in runs),
        moved=len(stood),
        forgiven=sum(run.forgiven for run in runs),
        asked=sum(run.answered for run in runs),
        p50=percentile(stood, 0.5),
        p95=percentile(stood, 0.95),
        longest=percentile(stood, 1.0),
    )


async def _undisturbed(stage: Stage, effects: int) -> Undisturbed:
    alone = await _timed(stage, "alone", ALONE, effects, together=False)
    before = await stage.commits()
    together = await _timed(stage, "together", TOGETHER, effects, together=True)
    between = await stage.commits()
    await _idle(stage, "idle", together)
    after, steps = await stage.commits(), (TOGETHER + 1) * effects

    def a_step(first: int, second: int, third: int) -> float | None:
        return (2 * second - first - third) / steps if stage.line.postgres else None

    return Undisturbed(
        alone=ALONE * effects / alone,
        together=TOGETHER * effects / together,
        commits=a_step(before.all, between.all, after.all),
        wrote=a_step(before.wrote, between.wrote, after.wrote),
    )


async def _timed(stage: Stage, kind: str, many: int, effects: int, *, together: bool) -> float:
    """The seconds of so many runs, after one more to warm up."""
    name = _name(stage, kind)
    runs = tuple(f"{name}-{number}" for number in range(many + 1))
    errand = Errand(str(stage.folder / f"{kind}.json"), name, stage.line.way, runs, effects, together, warm=True)
    for run in runs:
        errand.witness(run).arm(())
    await _carried(stage, errand)
    came_to = [stage.counted(errand, run) for run in runs]
    if not all(each.ended and not each.lost and not each.duplicates for each in came_to):
        raise RuntimeError(f"{errand.name} has lost or repeated effects, though nobody disturbed it: {came_to}")
    return float(errand.seconds.read_text(encoding="utf-8"))


async def _idle(stage: Stage, kind: str, seconds: float) -> None:
    path = str(stage.folder / f"{kind}.json")
    await _carried(stage, Errand(path, _name(stage, kind), stage.line.way, idle=seconds))


async def _carried(stage: Stage, errand: Errand) -> None:
    if not await stage.carried(errand):
        raise RuntimeError(f"{errand.name} failed, though nobody disturbed it")


def _name(stage: Stage, kind: str) -> str:
    return f"{stage.line.name}-{kind}"
