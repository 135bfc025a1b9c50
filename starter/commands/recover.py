"""After Temporal's database or single workflows were lost, or the workflow code changed under running jobs.

Every open job goes on from the journal. What its lost or dropped run had been told, and had not recorded, goes with it.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from cyclopts import Parameter

from domain.errors import Refused
from starter import losses
from starter.again import start_agent_again, start_job_again, was_cut_off
from starter.client import Longhaul
from starter.commands.options import By, Output, speaker
from starter.connect import connected
from starter.losses import Loss
from starter.output import Exit, data, line, next_commands, say, show, table
from starter.replay import nudge, stuck

LOOK_AGAIN = 0.2
WORDS = {
    "lost": "lost, not started again yet",
    "recovered": "started again",
    "dropped": "dropped a history that no longer replays, started again",
    "running": "was running",
    "queued": "queued",
    "behind": "stopped: the journal lacks what it has seen",
    "accepted": "goes on from the journal as it is",
}


def recover_(
    *,
    accept_loss: Annotated[
        list[str] | None,
        Parameter(help="JOB, repeatable: let it go on although the journal lacks what it did; it may do that again"),
    ] = None,
    patience: Annotated[float, Parameter(help="seconds to wait until the lost ones run again")] = 15.0,
    by: By = None,
    output: Output = "text",
) -> int:
    """Start again every open job whose workflow was lost, and tell of which jobs Postgres has lost something.

    What runs is left alone, and nothing is done twice. Where Postgres was restored from an older backup, the jobs that
    had gone on since stand still until the newer backup is restored, or their loss is accepted.
    """

    async def use(longhaul: Longhaul) -> tuple[list[Loss], list[dict[str, Any]]]:
        behind = await _still_behind(longhaul, accept_loss or [], speaker(by))
        return behind, await recovered(longhaul, patience, behind, accept_loss or [])

    behind, found = connected(use)
    if output != "text":
        data({"jobs": found}, output)
    else:
        table(("job", "agent", "is"), [(each["job"], each["agent"], WORDS[each["is"]]) for each in found])
    if behind:
        return _told(behind, shown=output == "text")
    lost = [each["job"] for each in found if each["is"] == "lost"]
    if lost:
        say(f"{len(lost)} not started again within {patience:.0f} s; they start as soon as a worker runs")
        next_commands("longhaul status", "longhaul up")
        return Exit.TIMED_OUT
    next_commands("longhaul list")
    return Exit.DONE


async def recovered(
    longhaul: Longhaul, patience: float, behind: Sequence[Loss] = (), accepted: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Every open job with what it is now: one of `WORDS`. Those that are `behind` are left alone."""
    until = time.monotonic() + patience
    stand_still = {loss.job: _row(loss) for loss in behind}
    jobs = [each for each in await longhaul.tasks.open_jobs() if each[1] not in stand_still]
    found = {job: await _found(longhaul, job, status) for _, job, status in jobs}
    await _drop_jobs(longhaul, found, until)
    await _wake_agents(longhaul, dict.fromkeys(agent for agent, _, _ in jobs), until)
    back = await _back(longhaul, [job for job, what in found.items() if what == "lost"], until)
    found |= {job: "accepted" for job in accepted if found.get(job) == "running"}
    rows = [{"job": job, "agent": agent, "is": "recovered" if job in back else found[job]} for agent, job, _ in jobs]
    return [*rows, *stand_still.values()]


async def _drop_jobs(longhaul: Longhaul, found: dict[str, str], until: float) -> None:
    """Starts again here, and not by its agent, what has more to hear than the journal holds."""
    running = {f"job/{job}": job for job, what in found.items() if what == "running"}
    for job in running.values():
        await nudge(longhaul, job)
    for workflow_id in sorted(await stuck(longhaul, running, until)):
        await start_job_again(longhaul, running[workflow_id])
        found[running[workflow_id]] = "dropped"
    for job in [job for job, what in found.items() if what == "lost"]:
        if await was_cut_off(longhaul, job):
            await start_job_again(longhaul, job)


async def _wake_agents(longhaul: Longhaul, agents: Iterable[str], until: float) -> None:
    """Each has its queue looked through; one whose own history no longer replays begins anew."""
    woken = {f"agent/{agent}": agent for agent in agents}
    for agent in woken.values():
        await longhaul.recover(agent)
    for workflow_id in sorted(await stuck(longhaul, woken, until)):
        await start_agent_again(longhaul, woken[workflow_id])


def tell_loss(loss: Loss) -> None:
    """What is lost of one job, for people."""
    version = loss.seen.head.version
    there = f"ends at {loss.journal}" if loss.journal < version else "has another history"
    show(f"{loss.job} had come to version {version}, the journal {there}: was an older backup restored?")
    for step in loss.known:
        show(f"  since then: {line(step)}")


def tell_stopped(jobs: Sequence[str]) -> None:
    """Names the jobs that stand still because the journal lacks what they have seen."""
    if jobs:
        say(f"{len(jobs)} stopped, the journal lacks what they have seen: {line(', '.join(jobs))}")
        next_commands("longhaul recover")


def ways_out(loss: Loss) -> list[str]:
    """What a person can do about it."""
    return [f"longhaul recover --accept-loss {loss.job}"]


def _told(behind: Sequence[Loss], shown: bool) -> int:
    for loss in behind if shown else ():
        tell_loss(loss)
    say("Restore the newer backup and call this again; or let a job go on without what was lost, which it may then do")
    say("again under new keys. To end it instead, cancel it first.")
    next_commands(*(way for loss in behind for way in ways_out(loss)))
    return Exit.WAITS


async def _still_behind(longhaul: Longhaul, accepted: Sequence[str], by: str) -> list[Loss]:
    """The jobs that have lost something which nobody has accepted; each of them stands still now."""
    found = {loss.job: loss for loss in await losses.losses(longhaul)}
    for job in accepted:
        if job not in found:
            raise Refused(f"job {job} has lost nothing that could be accepted; `longhaul recover` tells which have")
        await losses.accept(longhaul, found.pop(job), by)
    for loss in found.values():
        await losses.wake(longhaul, loss)
    return list(found.values())


def _row(loss: Loss) -> dict[str, Any]:
    versions = {"seen": loss.seen.head.version, "journal": loss.journal}
    return {"job": loss.job, "agent": loss.agent, "is": "behind", **versions, "since": list(loss.known)}


async def _found(longhaul: Longhaul, job: str, status: str) -> str:
    if await longhaul.runs(job):
        return "running"
    return "queued" if status == "pending" else "lost"


async def _back(longhaul: Longhaul, lost: Iterable[str], until: float) -> set[str]:
    """Those that run again, or have ended, before `until` (of the monotonic clock), at which it looks once more."""
    missing, back = set(lost), set[str]()
    while missing:
        over = time.monotonic() > until
        for job in sorted(missing):
            if await longhaul.runs(job) or (await longhaul.state(job)).end:
                back.add(job)
        missing -= back
        if over:
            break
        await asyncio.sleep(LOOK_AGAIN if missing else 0)
    return back
