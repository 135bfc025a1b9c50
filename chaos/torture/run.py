"""A tool's whole run: first undisturbed, then one attempt in trouble, then two."""

import asyncio
import contextlib
import resource
import secrets
from collections.abc import Iterable, Iterator

from bench.own import own_stack
from chaos.torture import promise
from chaos.torture.given import CannotTorture, Torture, blaming
from chaos.torture.scenario import UNDISTURBED, Point, Scenario, pairs, singles
from chaos.torture.stage import Stage, staged
from chaos.torture.trial import Trial, Verdict
from domain.answers import Effect
from domain.errors import LonghaulError
from domain.frozen import Frozen
from settings import Settings

AT_ONCE = 12


class Report(Frozen):
    """What came out for one tool. `excused` scenarios broke what the promise of `lookup` leaves out."""

    tool: str
    effect: Effect
    promise: str
    kept: bool
    scenarios: int
    broken: tuple[Verdict, ...]
    excused: tuple[Verdict, ...]


def _silent(_: str) -> None:
    """That Postgres comes and goes is no news."""


@contextlib.contextmanager
def own_postgres() -> Iterator[Settings]:
    """A Postgres for this run alone, whatever the environment names."""
    nothing = {"postgres_dsn": None, "postgres_owner_dsn": None, "redis_url": None}
    with own_stack(Settings().model_copy(update=nothing), postgres_only=True, say=_silent) as settings:
        yield settings


async def tortured(settings: Settings, torture: Torture) -> Report:
    """Plays every scenario. Raises `CannotTorture` when the tool does not even work undisturbed."""
    _many_files()
    with contextlib.ExitStack() as target:
        with blaming(torture.tool, "target"):
            target.enter_context(torture.target())
        async with staged(settings, torture) as stage:
            run = _Run(stage)
            await run.proven()
            alone = await run.play(singles())
            taken_over = {each.point: verdict.passed for each, verdict in alone if each == _takeover(each.point)}
            both = await run.play(pairs(taken_over))
    verdicts = [verdict for _, verdict in (*alone, *both)]
    effect = torture.tool.effect
    broken = tuple(each for each in verdicts if each.broken and not each.excused)
    return Report(
        tool=torture.tool.name,
        effect=effect,
        promise=promise.PROMISES[effect],
        kept=not broken,
        scenarios=len(verdicts),
        broken=broken,
        excused=tuple(each for each in verdicts if each.excused),
    )


class _Run:
    """Scenarios on one stage, several at once."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.word = f"t{secrets.token_hex(4)}"
        self.number = 0
        self.places = asyncio.Semaphore(AT_ONCE)

    async def proven(self) -> None:
        """That the tool works when nothing is in its way, and that its effect is seen."""
        verdict = await self._one(UNDISTURBED)
        tool, wanted = self.stage.tool, 0 if self.stage.tool.effect is Effect.PURE else 1
        if verdict.journal == "happened" and (wanted == 0 or verdict.effects):
            return  # more effects than are wanted is what the scenarios find
        story = "; ".join(step.did for step in verdict.steps)
        raise CannotTorture(
            f"{tool.name}: undisturbed, the journal says {verdict.journal!r} and the witness counts {verdict.effects} "
            f"effects, where 'happened' and {wanted} would be right ({story}). Look at args, applied and seconds."
        )

    async def play(self, scenarios: Iterable[Scenario]) -> list[tuple[Scenario, Verdict]]:
        """The scenarios with their verdicts, in their order."""
        try:
            async with asyncio.TaskGroup() as several:
                playing = [(each, several.create_task(self._one(each))) for each in scenarios]
        except* LonghaulError as failed:
            raise failed.exceptions[0] from None
        return [(scenario, task.result()) for scenario, task in playing]

    async def _one(self, scenario: Scenario) -> Verdict:
        async with self.places:
            self.number += 1
            return await Trial(self.stage, scenario, f"{self.word}n{self.number}").played()


def _takeover(point: Point) -> Scenario:
    return Scenario(how="killed", point=point)


def _many_files() -> None:
    """An attempt that was killed keeps its files open until the run ends."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
