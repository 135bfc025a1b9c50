"""An agent's queue: put a request into it, and find the job whose turn it is.

A job whose workflow was terminated or lost must not hold up the others of its agent: it loses the turn, and is passed
over until somebody starts it again (`longhaul recover`, or the same request).
"""

import time

from temporalio import activity

from activities.beat import beating
from activities.faults import named
from activities.inputs import Next, NextJob
from activities.runs import runs
from domain import judge
from domain.errors import Refused
from domain.events import JobEvent, JobRequested
from domain.head import Head
from domain.judge import Standing
from stores.jobs import Jobs
from stores.tasks import Tasks


class QueueActivities:
    """The queue in `agent_tasks`."""

    def __init__(self, jobs: Jobs, tasks: Tasks) -> None:
        self.jobs = jobs
        self.tasks = tasks

    @activity.defn
    async def enqueue(self, request: JobRequested) -> bool:
        """Queues the request; the same request twice is one job. Says whether it was new."""
        async with named(), beating():
            found = await self.jobs.append(request.job, Head(), lambda standing: _requested(standing, request))
            return found.state.version == 1

    @activity.defn
    async def next_job(self, given: NextJob) -> Next:
        """The agent's next job, and how many are open."""
        async with named(), beating():
            open_jobs = await self.tasks.open_jobs(given.agent)
            if given.opened:  # those whose workflows are gone are about to be started
                queue = await self.tasks.queue(given.agent)
                opened = tuple(job for _, job, status in open_jobs if status != "pending")
            else:
                await self._free_the_turn([job for _, job, status in open_jobs if status == "in_progress"])
                queue = await self._reachable(await self.tasks.queue(given.agent))
                opened = ()
            job, status = queue[0] if queue else (None, "")
            return Next(job=job, status=status, open_jobs=len(open_jobs), opened=opened)

    async def _free_the_turn(self, at_work: list[str]) -> None:
        """Takes the turn from a job that nobody works on any more."""
        for job in at_work:
            if not await runs(activity.client(), job):
                await self.jobs.append(job, Head(), lambda standing: judge.turn_lost(standing, time.time()))

    async def _reachable(self, queue: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The queue from the first job on that can take the turn: one that begins, or whose workflow runs."""
        for place, (job, status) in enumerate(queue):
            if status == "pending" or await runs(activity.client(), job):
                return queue[place:]
        return []


def _requested(standing: Standing, request: JobRequested) -> tuple[JobEvent, ...]:
    asked = standing.state.asked
    if asked is None:
        return (request,)
    if not asked.same_job(request):
        raise Refused(f"job {request.job} exists with another request; choose another id")
    return ()
