"""After the Temporal server, its database or single workflows were lost: every open job goes on from the journal."""

import asyncio
import time
from collections.abc import Iterable
from typing import Annotated

from cyclopts import Parameter

from starter.client import Longhaul
from starter.commands.options import Output
from starter.connect import connected
from starter.output import Exit, data, next_commands, say, table

LOOK_AGAIN = 0.2
WORDS = {
    "lost": "lost, not started again yet",
    "recovered": "started again",
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
    """Every open job with what it is now: running, recovered, queued (its turn has not come yet) or lost."""
    jobs = await longhaul.tasks.open_jobs()
    before = {job: await _found(longhaul, job, status) for _, job, status in jobs}
    for agent in dict.fromkeys(agent for agent, _, _ in jobs):
        await longhaul.recover(agent)
    back = await _back(longhaul, [job for job, what in before.items() if what == "lost"], patience)
    return [{"job": job, "agent": agent, "is": "recovered" if job in back else before[job]} for agent, job, _ in jobs]


async def _found(longhaul: Longhaul, job: str, status: str) -> str:
    if await longhaul.runs(job):
        return "running"
    return "queued" if status == "pending" else "lost"


async def _back(longhaul: Longhaul, lost: Iterable[str], patience: float) -> set[str]:
    """Those that run again, or have ended meanwhile, within `patience` seconds."""
    missing, deadline = set(lost), time.monotonic() + patience
    back = set[str]()
    while missing and time.monotonic() < deadline:
        for job in sorted(missing):
            if await longhaul.runs(job) or (await longhaul.state(job)).end:
                back.add(job)
        missing -= back
        if missing:
            await asyncio.sleep(LOOK_AGAIN)
    return back
