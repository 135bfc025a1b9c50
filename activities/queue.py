"""An agent's queue: put a request into it, and find the job whose turn it is."""

from temporalio import activity

from activities.beat import beating
from activities.faults import named
from activities.inputs import Next, NextJob
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
            job, status = await self.tasks.next_job(given.agent) or (None, "")
            open_jobs = await self.tasks.open_jobs(given.agent)
            opened = tuple(name for _, name, where in open_jobs if where != "pending") if given.opened else ()
            return Next(job=job, status=status, open_jobs=len(open_jobs), opened=opened)


def _requested(standing: Standing, request: JobRequested) -> tuple[JobEvent, ...]:
    asked = standing.state.asked
    if asked is None:
        return (request,)
    if not asked.same_job(request):
        raise Refused(f"job {request.job} exists with another request; choose another id")
    return ()
