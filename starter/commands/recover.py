"""After Temporal's database or single workflows were lost, or the workflow code changed under running jobs.

Every open job goes on from the journal. What its lost or dropped run had been told, and had not recorded, goes with it.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import Annotated

from cyclopts import Parameter

from starter.again import start_agent_again, start_job_again, was_cut_off
from starter.client import Longhaul
from starter.commands.options import Output
from starter.connect import connected
from starter.output import Exit, data, next_commands, say, table
from starter.replay import nudge, stuck

LOOK_AGAIN = 0.2
WORDS = {
    "lost": "lost, not started again yet",
    "recovered": "started again",
    "dropped": "dropped a history that no longer replays, started again",
    "running": "was running",
    "queued": "queued",
}


def recover_(
    *,
    patience: Annotated[float, Parameter(help="seconds to wait until the lost ones run again")] = 15.0,
    output: Output = "text",
) -> int:
    """Start again every open job whose workflow was lost; what runs is left alone, and nothing is done twice."""

    async def use(longhaul: Longhaul) -> list[dict[str, str]]:
        return await recovered(longhaul, patience)

    found = connected(use)
    lost = [each["job"] for each in found if each["is"] == "lost"]
    if output != "text":
        data({"jobs": found}, output)
    else:
        table(("job", "agent", "is"), [(each["job"], each["agent"], WORDS[each["is"]]) for each in found])
    if lost:
        say(f"{len(lost)} not started again within {patience:.0f} s; they start as soon as a worker runs")
        next_commands("longhaul status", "longhaul up")
        return Exit.TIMED_OUT
    next_commands("longhaul list")
    return Exit.DONE


async def recovered(longhaul: Longhaul, patience: float) -> list[dict[str, str]]:
    """Every open job with what it is now: running, recovered, dropped, queued (its turn has not come yet) or lost."""
    until = time.monotonic() + patience
    jobs = await longhaul.tasks.open_jobs()
    found = {job: await _found(longhaul, job, status) for _, job, status in jobs}
    await _drop_jobs(longhaul, found, until)
    await _wake_agents(longhaul, dict.fromkeys(agent for agent, _, _ in jobs), until)
    back = await _back(longhaul, [job for job, what in found.items() if what == "lost"], until)
    return [{"job": job, "agent": agent, "is": "recovered" if job in back else found[job]} for agent, job, _ in jobs]


async def _drop_jobs(longhaul: Longhaul, found: dict[str, str], until: float) -> None:
    """Starts again here, and not by its agent, what has more to hear than the journal holds."""
    running = {f"job/{job}": job for job, what in found.items() if what == "running"}
    for workflow_id in running:
        await nudge(longhaul, workflow_id, "look")
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


async def _found(longhaul: Longhaul, job: str, status: str) -> str:
    if await longhaul.runs(job):
        return "running"
    return "queued" if status == "pending" else "lost"


async def _back(longhaul: Longhaul, lost: Iterable[str], until: float) -> set[str]:
    """Those that run again, or have ended, before `until` (of the monotonic clock)."""
    missing, back = set(lost), set[str]()
    while missing and time.monotonic() < until:
        for job in sorted(missing):
            if await longhaul.runs(job) or (await longhaul.state(job)).end:
                back.add(job)
        missing -= back
        if missing:
            await asyncio.sleep(LOOK_AGAIN)
    return back
