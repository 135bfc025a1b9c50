"""SIGTERM in the middle of open calls: they are seen through, and the jobs go on elsewhere at once.

A Temporal server that lacks `worker_poll_complete_on_shutdown` (1.29 does) may hand a task to a worker in the instant
in which it stops asking. That task has not begun: it is given out again after its time-out, two seconds in these tests.
https://github.com/temporalio/sdk-rust/issues/1080
"""

from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.forked import Forked
from tests.support.jobs import ended, events, of_type, toy, verified
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness
from worker import GRACE

NEVER = 60.0
"""A heartbeat or a workflow task that is waited for takes longer than these tests allow."""
SOON = 40.0
ITEMS = ("keyed", "once", "lookup", "transactional")


async def _drained(process: Forked) -> None:
    await until(lambda: process.poll() is not None, GRACE.total_seconds())
    assert process.returncode == 0


async def _completed(longhaul: Longhaul, *jobs: str) -> None:
    for job in jobs:
        assert (await ended(longhaul, job, SOON)).status == "completed"
        happened = await events(longhaul, job)
        assert not of_type(happened, "OutcomeUnknown", "StepFailed", "ToolFailed", "CallRenewed")
        assert len(of_type(happened, "ToolCalled")) == len(of_type(happened, "ToolReturned"))
    await verified(longhaul, *jobs)


async def test_open_calls_are_seen_through_and_the_rest_is_done_elsewhere(
    settings: Settings, witness: Witness, unique: str
) -> None:
    """Whoever abandoned anything would stand still for a minute."""
    patient = settings.model_copy(update={"heartbeat_seconds": NEVER, "workflow_task_timeout_seconds": NEVER})
    jobs = [f"{unique}-{number}" for number in range(6)]
    async with Longhaul.connect(patient) as longhaul:
        with WorkerProcess(patient, witness.path) as worker:
            for job in jobs:
                await longhaul.start(toy(job, "held", *ITEMS))
            await until(lambda: len(witness.effects()) == len(jobs), SOON)
            old = worker.drain()
            worker.start()
            await until(worker.ready, SOON)
            assert old.poll() is None, "six calls are open: it stays until they are done"
            witness.let_go()
            await _drained(old)
            await _completed(longhaul, *jobs)
    assert not witness.repeated()
    by_old = [effect["tool"] for effect in witness.effects() if effect["pid"] == old.pid]
    assert by_old == ["held"] * len(jobs), "what it had not begun is left to the next worker"
    assert len(witness.effects()) == 4 * len(jobs)


async def test_workers_are_replaced_one_after_the_other_under_running_jobs(
    settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    jobs = [f"{unique}-{number}" for number in range(4)]
    calls = [f"{item}:{number}" for number in range(8) for item in ITEMS]
    async with Longhaul.connect(settings) as longhaul:
        for job in jobs:
            await longhaul.start(toy(job, *calls))
        for _ in range(3):
            before = len(witness.effects())
            await until(lambda before=before: len(witness.effects()) > before + 5, SOON)
            old = worker.drain()
            worker.start()
            await _drained(old)
        await _completed(longhaul, *jobs)
    assert not witness.repeated()
    assert len(witness.effects()) == len(jobs) * 8 * 3
