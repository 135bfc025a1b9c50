"""An agent's queue: put a request into it, and find the job whose turn it is.

A job whose workflow was terminated or lost must not hold up the others of its agent: it loses the turn, and is passed
over until somebody starts it again (`longhaul recover`, or the same request). A job of which the journal has lost
something (an older backup was restored) is not started before a person has accepted that.
"""

import logging
import time

from temporalio import activity

from activities.beat import beating
from activities.faults import named
from activities.inputs import Next, NextJob
from activities.runs import last_seen, runs
from domain import judge
from domain.errors import Refused
from domain.events import JobEvent, JobRequested
from domain.head import Head
from domain.judge import Standing
from stores.jobs import Jobs
from stores.tasks import Tasks

log = logging.getLogger(__name__)


class QueueActivities:
    """The queue in `agent_tasks`."""

    def __init__(self, jobs: Jobs, tasks: Tasks) -> None:
        self.jobs = jobs
        self.tasks = tasks

    @activity.defn
    async def enqueue(self, request: JobRequested) -> bool:
        """Queues the request; the same request twice is one job. False when its workflow may be started at once."""
        async with named(), beating():
            found = await self.jobs.append(request.job, Head(), lambda standing: _requested(standing, request))
            return found.state.version == 1 or await self._has_lost(request.job)

    @activity.defn
    async def next_job(self, given: NextJob) -> Next:
        """The agent's next job, and how many are open."""
        async with named(), beating():
            open_jobs = await self.tasks.open_jobs(given.agent)
            opened: tuple[str, ...] = ()
            if given.opened:  # those whose workflows are gone are about to be started
                begun = [job for _, job, status in open_jobs if status != "pending"]
                opened = tuple([job for job in begun if not await self._has_lost(job)])
            at_work = [job for _, job, status in open_jobs if status == "in_progress"]
            if not given.opened:
                await self._free_the_turn(at_work)
            job, status, goal = await self._first(given)
            now = at_work[0] if at_work and not job else None
            return Next(job=job, status=status, open_jobs=len(open_jobs), opened=opened, goal=goal, at_work=now)

    async def _free_the_turn(self, at_work: list[str]) -> None:
        """Takes the turn from a job that nobody works on any more."""
        for job in at_work:
            if not await runs(activity.client(), job) and not await self._has_lost(job):
                await self.jobs.append(job, Head(), lambda standing: judge.turn_lost(standing, time.time()))

    async def _first(self, given: NextJob) -> tuple[str | None, str, str]:
        """The first of the queue that can take the turn: one that begins, or whose workflow runs."""
        for job, status, goal in await self.tasks.queue(given.agent):
            begins = status == "pending" or given.opened
            if await runs(activity.client(), job) or (begins and not await self._has_lost(job)):
                return job, status, goal
        return None, "", ""

    async def _has_lost(self, job: str) -> bool:
        """Whether the journal lacks what the job's last workflow had seen: it is for a person to start it again."""
        seen = await last_seen(activity.client(), job)
        if seen is None or await self.jobs.knows(job, seen):
            return False
        log.warning("job %s had come to version %d, which the journal lacks; see `longhaul recover`", job, seen.version)
        return True


def _requested(standing: Standing, request: JobRequested) -> tuple[JobEvent, ...]:
    asked = standing.state.asked
    if asked is None and request.objection:
        raise Refused(f"job {request.job}: {request.objection}")
    if asked is None:
        return (request,)
    if not asked.same_job(request):
        raise Refused(f"job {request.job} exists with another request; choose another id")
    return ()
