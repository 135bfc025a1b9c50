"""Jobs whose workflows have seen more than the journal holds: Postgres was restored from an older backup."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from temporalio.service import RPCError

from activities import runs
from activities.inputs import Seen
from activities.runs import ANSWER_SECONDS, Status, status_of
from domain import judge
from domain.errors import NotFound, Unreachable
from domain.events import LossAccepted
from domain.head import Head
from starter.client import Longhaul
from starter.replay import nudge
from workflows.face import BEHIND

RUNNING = "WorkflowType = 'JobWorkflow' AND ExecutionStatus = 'Running'"
LOOK_SECONDS = 2.0


@dataclass(frozen=True)
class Loss:
    """A job's workflow has `seen` a version that the journal lacks; `journal` is the last one that it has."""

    job: str
    agent: str
    seen: Seen
    journal: int
    runs: bool

    @property
    def known(self) -> tuple[str, ...]:
        """What the job did since, as far as its workflow remembers."""
        since = [step for step in self.seen.steps if step.call > self.journal]
        return tuple(f"{step.summary} ({step.outcome})" for step in since)


async def losses(longhaul: Longhaul) -> list[Loss]:
    """Those among the open jobs and the running workflows, in the order of their jobs' ids."""
    await longhaul.reached()
    known = {job for _, job, _ in await longhaul.tasks.open_jobs()}
    jobs = known | {job async for job in _running(longhaul, RUNNING)}
    found = []
    for job in sorted(jobs):
        try:
            found.append(await loss_of(longhaul, job))
        except Unreachable:  # no worker: nobody can be asked, and asking each would take long
            break
    return [loss for loss in found if loss]


async def loss_of(longhaul: Longhaul, job: str, seconds: float = ANSWER_SECONDS) -> Loss | None:
    """What the journal lacks of the job, or None. Raises `Unreachable` when nobody can tell within `seconds`."""
    status = await status_of(longhaul.temporal, f"job/{job}")
    if status is None:
        return None
    seen = await runs.seen(longhaul.temporal, job, status, seconds)
    if seen is None or await longhaul.jobs.knows(job, seen.head):
        return None
    state = (await longhaul.jobs.find(job, Head())).state
    asked = state.asked or seen.asked
    return Loss(job, asked.agent if asked else "", seen, state.version, status is Status.RUNNING)


async def loss_if_known(longhaul: Longhaul, job: str) -> Loss | None:
    """The same, and None as well when nobody can tell now."""
    try:
        return await loss_of(longhaul, job, LOOK_SECONDS)
    except (RPCError, RuntimeError, Unreachable):
        return None


async def accept(longhaul: Longhaul, loss: Loss, by: str) -> None:
    """Records that a person lets the job go on from the journal as it is, and wakes its workflow."""
    head = loss.seen.head
    event = LossAccepted(by=by, at=time.time(), version=head.version, hash=head.hash, known=loss.known)
    if loss.seen.asked is None and loss.journal == 0:
        raise NotFound(f"the request of job {loss.job}; request it anew with `longhaul start`")
    await longhaul.jobs.append(loss.job, Head(), lambda standing: judge.loss(standing, event, loss.seen.asked))
    await wake(longhaul, loss)


async def wake(longhaul: Longhaul, loss: Loss) -> None:
    """Has a running workflow look into the journal: it goes on, or stops and shows why."""
    if loss.runs:
        await nudge(longhaul, loss.job)


async def stopped(longhaul: Longhaul) -> list[str]:
    """The jobs that have noticed and stand still, as Temporal shows them; none when it cannot be asked."""
    try:
        return sorted([job async for job in _running(longhaul, f"{RUNNING} AND JobStatus = '{BEHIND}'")])
    except (RPCError, RuntimeError):
        return []


async def _running(longhaul: Longhaul, query: str) -> AsyncIterator[str]:
    ours = f"{query} AND TaskQueue = '{longhaul.settings.task_queue}'"
    async for found in longhaul.temporal.list_workflows(ours, rpc_timeout=timedelta(seconds=LOOK_SECONDS)):
        yield found.id.removeprefix("job/")
