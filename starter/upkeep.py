"""What upkeep does without anybody asking: the part of `longhaul recover` that is right at any time.

A job that is open and has no workflow goes on from its journal; an agent that has open jobs and no workflow looks
through its queue. A history that no longer replays is left to a person: the workers may be about to be rolled back. So
is a job of which the journal has lost something.
"""

from starter.again import start_job_again, was_cut_off
from starter.client import Longhaul
from starter.losses import loss_if_known


async def restarted(longhaul: Longhaul) -> list[str]:
    """Has started again what lost its workflow; returns the jobs that had. What runs is left alone."""
    jobs = await longhaul.tasks.open_jobs()
    lost = [(agent, job) for agent, job, status in jobs if status != "pending" and not await longhaul.runs(job)]
    for _, job in lost:
        if await was_cut_off(longhaul, job) and not await loss_if_known(longhaul, job):
            await start_job_again(longhaul, job)
    idle = [agent for agent in {agent for agent, _, _ in jobs} if not await longhaul.is_at_work(agent)]
    for agent in sorted({*idle, *(agent for agent, _ in lost)}):
        await longhaul.recover(agent)
    return [job for _, job in lost]
