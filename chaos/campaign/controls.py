"""The negative controls: what each weakened installation must be caught at, by a small campaign of its own."""

import asyncio
from collections import Counter
from pathlib import Path

from pydantic import computed_field

from chaos.campaign.arena import Servers, arena
from chaos.campaign.found import Oracle
from chaos.campaign.kinds import Kind
from chaos.campaign.plan import Fault, JobPlan, Plan
from chaos.campaign.run import Patience, Run
from domain.frozen import Frozen

JOBS = 6
PATIENCE = Patience(to_move=1.0, to_end=10.0, to_follow=4.0)
"""A weakened installation may never come to an end."""

FAULTS: dict[str, tuple[tuple[Kind, str], ...]] = {
    "keys": ((Kind.WORKER_KILLED_AT_POINT, "after_effect"),) * 2,
    "fencing": ((Kind.WORKER_SUSPENDED, "before_call"),),
    "intent": ((Kind.WORKER_KILLED_AT_POINT, "after_effect"),) * 2,
    "replace": ((Kind.WORKER_KILLED_AT_POINT, "before_rename"),) * 2,
    "outbox": ((Kind.WORKER_KILLED_AT_POINT, "after_outcome"),) * 2,
    "synchronous": ((Kind.POSTGRES_KILLED, ""),) * 2,
}
ITEMS = {  # what a zombie means to call must be long done when it wakes, and its job still at work
    "keys": ("post:1", "post:2", "post:3", "post:4", "post:5"),
    "fencing": tuple(f"send:{number}" for number in range(1, 26)),
    "intent": ("send:1", "send:2", "send:3", "send:4", "send:5"),
}
MIXED = ("post:1", "keep:2", "send:3", "keep:4", "post:5")
CAUGHT_BY: dict[str, Oracle] = {
    "keys": Oracle.EFFECTS,
    "fencing": Oracle.EFFECTS,
    "intent": Oracle.EFFECTS,
    "replace": Oracle.FILES,
    "outbox": Oracle.NOTICES,
    "synchronous": Oracle.RECORDED,
}
"""Who must notice. That jobs of a weakened installation do not end in time would prove nothing."""
SECONDS = {"fencing": 6.0}
"""Temporal offers a worker that stands still its tasks again and again, before another gets them."""
WORKERS = {"fencing": 2}
"""One is enough, but where two must meet."""
ALONE = ("synchronous",)
"""Those whose faults would be faults of the others too."""


class Control(Frozen):
    """What came out: the findings by oracle; `struck` faults were done, in so many seconds."""

    without: str
    struck: int
    seconds: float
    findings: dict[str, int]
    examples: tuple[str, ...]

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated properties
    @property
    def detected(self) -> bool:
        """Whether the oracle whose business it is has found anything."""
        return self.findings.get(CAUGHT_BY[self.without], 0) > 0


def plan(seed: int, without: str) -> Plan:
    """The small campaign that must notice that this safeguard is gone."""
    items = ITEMS.get(without, MIXED)
    names = [f"{without}-{seed % 10_000:04d}-{number}" for number in range(JOBS)]
    jobs = tuple(JobPlan(job=name, agent=f"{name}-agent", items=items) for name in names)
    faults = tuple(
        Fault(number=number, kind=kind, outcomes=3, patience=4.0, place=place, seconds=SECONDS.get(without, 0))
        for number, (kind, place) in enumerate(FAULTS[without])
    )
    return Plan(seed=seed, profile="smoke", workers=WORKERS.get(without, 1), at_once=JOBS, jobs=jobs, lanes=(faults,))


async def controlled(found: Servers, seed: int, names: tuple[str, ...], world: str, folder: Path) -> list[Control]:
    """Each of them; those that leave the servers alone side by side."""
    beside = [name for name in names if name not in ALONE]
    done = list(await asyncio.gather(*(_control(found, seed, name, world, folder) for name in beside)))
    for name in names:
        if name in ALONE:
            done.append(await _control(found, seed, name, world, folder))
    return done


async def _control(found: Servers, seed: int, without: str, world: str, folder: Path) -> Control:
    planned = plan(seed, without)
    async with arena(found, without, world, planned.workers, without) as place:
        outcome = await Run(planned, place, folder, _silent, PATIENCE).whole()
    findings = sorted(outcome.checked.findings, key=lambda finding: finding.oracle is not CAUGHT_BY[without])
    return Control(
        without=without,
        struck=len(outcome.episodes),
        seconds=round(outcome.seconds, 1),
        findings=dict(Counter(finding.oracle for finding in findings)),
        examples=tuple(f"{finding.about}: {finding.what}" for finding in findings[:3]),
    )


def _silent(_: str) -> None:
    """What a weakened installation does is not news."""
