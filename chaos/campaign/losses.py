"""The loss matrix: a whole store is lost under running jobs. What is gone, what is repeated, when does all move?"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from chaos.campaign import witness
from chaos.campaign.arena import Servers, arena
from chaos.campaign.found import Episode, moved
from chaos.campaign.kinds import Kind
from chaos.campaign.plan import Fault, JobPlan, Plan
from chaos.campaign.run import Run
from domain.frozen import Frozen

JOBS = 8
ITEMS = ("post:1", "keep:2", "find:3", "look:4", "post:5", "keep:6", "find:7", "post:8", "keep:9", "post:10")
BETWEEN_SECONDS = 2.0
"""From a backup to its return."""


class Loss(Frozen):
    """What the loss of a store came to.

    `seconds` is from its return until the last job that was at work moved again; for files, until all were back.
    """

    kind: Kind
    jobs: int
    ended: int
    events_lost: int
    effects_repeated: int
    seconds: float | None


async def lost(found: Servers, seed: int, kinds: Sequence[Kind], world: str, folder: Path) -> tuple[Loss, ...]:
    """Loses each of them, in an installation of its own."""
    return tuple([await _lost(found, seed, kind, world, folder) for kind in kinds])


async def _lost(found: Servers, seed: int, kind: Kind, world: str, folder: Path) -> Loss:
    names = [f"{kind.replace('_', '-')}-{seed % 10_000:04d}-{number}" for number in range(JOBS)]
    jobs = tuple(JobPlan(job=name, agent=f"{name}-agent", items=ITEMS) for name in names)
    fault = Fault(number=0, kind=kind, outcomes=10, patience=10.0, seconds=BETWEEN_SECONDS)
    plan = Plan(seed=seed, profile="smoke", workers=2, at_once=JOBS, jobs=jobs, lanes=((fault,),))
    async with arena(found, f"lost_{kind}", world, plan.workers) as place:
        run = Run(plan, place, folder, _silent)
        outcome = await run.whole()
        gone = place.observer.gone
    lines = [line for line in witness.read(folder / "witness.jsonl") if line.applied and line.job in names]
    times = Counter((line.job, line.item) for line in lines)
    return Loss(
        kind=kind,
        jobs=outcome.began,
        ended=outcome.ended,
        events_lost=gone,
        effects_repeated=sum(count - 1 for count in times.values()),
        seconds=_healed(kind, outcome.episodes),
    )


def _healed(kind: Kind, episodes: Sequence[Episode]) -> float | None:
    if kind is Kind.FILES_DELETED:
        return max((episode.lasted for episode in episodes), default=None)
    return None if moved(episodes).never else moved(episodes).most


def _silent(_: str) -> None:
    """The table tells it all."""
