"""A whole campaign: a fault-free time to plan the load by, the run under faults, the negative controls, the result."""

import asyncio
import platform
import secrets
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from chaos.campaign.arena import Servers, arena, servers, world
from chaos.campaign.controls import controlled
from chaos.campaign.drawing import SIZES, Size, job, plan
from chaos.campaign.losses import lost
from chaos.campaign.plan import Plan, Profile
from chaos.campaign.result import Beside, Result, Where, result
from chaos.campaign.run import Outcome, Run, Say
from chaos.campaign.seeds import BITS

OUTCOMES_OF_A_JOB = 8
SPARE = 2.0
"""So many times the jobs that would be done without faults are planned; a run begins no more than it needs."""


@dataclass(frozen=True)
class Wish:
    """What was asked for. `given` is a plan to be run again; `hours` is for the profile `long`."""

    profile: Profile = "standard"
    seed: int | None = None
    given: Plan | None = None
    hours: float = 1.0


def campaign(wish: Wish, folder: Path, say: Say) -> Result:
    """Runs it; `folder` keeps the plan, what the witness saw, and the result."""
    with servers(folder) as found:
        say(f"services of the campaign's own are up; what is kept goes to {folder}")
        calm, planned = _planned(wish, found, folder, say)
        (folder / "plan.json").write_text(planned.model_dump_json(indent=1), encoding="utf-8")
        with world(folder) as address:
            outcome = asyncio.run(_run(found, planned, address, folder, say))
            say(f"negative controls: {', '.join(planned.controls)}")
            controls = asyncio.run(controlled(found, planned.seed, planned.controls, address, folder))
            say("stores that are lost, one after the other" if planned.losses else "no losses in this profile")
            losses = asyncio.run(lost(found, planned.seed, planned.losses, address, folder))
    came = result(planned, outcome, Beside(controls=controls, losses=losses), _where(), calm)
    (folder / "result.json").write_text(came.model_dump_json(indent=1), encoding="utf-8")
    return came


def _planned(wish: Wish, found: Servers, folder: Path, say: Say) -> tuple[float, Plan]:
    """The plan, and the outcomes a second without faults that it was made for."""
    if wish.given:
        return 0.0, wish.given
    seed, size = secrets.randbits(BITS) if wish.seed is None else wish.seed, SIZES[wish.profile]
    say(f"seed {seed}; {size.calm_seconds:.0f} s without faults, to see what this machine can do")
    calm = asyncio.run(_calm(found, seed, size, folder))
    seconds, each = size.seconds, size.each
    if wish.profile == "long":
        seconds, each = wish.hours * size.seconds, max(10, int(wish.hours * size.each))
    jobs = int(SPARE * calm * seconds / OUTCOMES_OF_A_JOB) + 2 * size.at_once
    say(f"{calm:.1f} outcomes of calls a second; planned: {jobs} jobs at most, each kind of fault {each} times")
    return calm, plan(seed, wish.profile, jobs, each)


async def _calm(found: Servers, seed: int, size: Size, folder: Path) -> float:
    """Outcomes a second of jobs that nothing happens to."""
    quiet = folder / "calm"
    quiet.mkdir()
    jobs = tuple(job(seed, number, "calm").model_copy(update={"tools": {}, "model": {}}) for number in range(2000))
    planned = Plan(seed=seed, profile="smoke", workers=size.workers, at_once=size.at_once, jobs=jobs, lanes=())
    (quiet / "plan.json").write_text(planned.model_dump_json(), encoding="utf-8")
    with world(quiet) as address:
        async with arena(found, "calm_run", address, size.workers) as place:
            return await Run(planned, place, quiet, _silent).undisturbed(size.calm_seconds)


async def _run(found: Servers, planned: Plan, address: str, folder: Path, say: Say) -> Outcome:
    async with arena(found, "main_run", address, planned.workers) as place:
        return await Run(planned, place, folder, say).whole()


def _where() -> Where:
    git = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        commit = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - a constant
    except (OSError, subprocess.CalledProcessError):
        commit = "unknown"
    memory = psutil.virtual_memory().total / 2**30
    machine = f"{platform.system()} {platform.machine()}, {psutil.cpu_count()} processors, {memory:.0f} GB"
    return Where(commit=commit, machine=machine, at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")


def _silent(_: str) -> None:
    """A calm time is no news."""
