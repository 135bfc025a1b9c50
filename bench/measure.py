"""What is measured, and how: rates from the wall clock, sizes from Postgres and Temporal themselves."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import WorkflowHandle

from bench.floor import FloorWorkflow
from starter.client import Longhaul, request
from stores.postgres import EVERY_AGENT, transaction
from workflows.job import JobWorkflow
from workflows.options import Timing
from workflows.starts import JobResult, JobStart

SIZES = """
select pg_current_wal_insert_lsn() - '0/0'::pg_lsn, pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
       (select coalesce(sum(pg_column_size(event.*)), 0) from agent_events as event)
"""


@dataclass(frozen=True)
class Sizes:
    """Bytes of write-ahead log, transactions that wrote, bytes of journal rows: all since the beginning of time."""

    wal: int
    commits: int
    journal: int


@dataclass(frozen=True)
class Run:
    """One measured run of `jobs` jobs at once, `steps` steps each."""

    jobs: int
    steps: int
    seconds: float
    wal: int
    commits: int
    journal: int
    history: int

    @property
    def total(self) -> int:
        return self.jobs * self.steps

    @property
    def steps_per_second(self) -> float:
        return self.total / self.seconds


async def floor(longhaul: Longhaul, jobs: int, steps: int) -> Run:
    """The floor's run."""
    queue, client = longhaul.settings.task_queue, longhaul.temporal
    started = time.monotonic()
    handles = [
        await client.start_workflow(FloorWorkflow.run, steps, id=f"floor-{uuid.uuid4()}", task_queue=queue)
        for _ in range(jobs)
    ]
    await asyncio.gather(*(handle.result() for handle in handles))
    return Run(jobs, steps, time.monotonic() - started, 0, 0, 0, await _history(longhaul, handles[0].id))


async def job(longhaul: Longhaul, jobs: int, steps: int) -> Run:
    """Longhaul's run, each job of an agent of its own."""
    before, started = await _sizes(longhaul), time.monotonic()
    timing, limits = Timing(heartbeat=longhaul.settings.heartbeat_seconds), {"steps": steps}
    handles = list[WorkflowHandle[JobWorkflow, JobResult]]()
    for _ in range(jobs):
        agent = f"bench-{uuid.uuid4().hex[:12]}"
        asked = request("bench", agent, limits, f"{steps} steps", by="bench")
        handle = await longhaul.temporal.start_workflow(
            JobWorkflow.run,
            JobStart(job=asked.job, request=asked, timing=timing),
            id=f"job/{asked.job}",
            task_queue=longhaul.settings.task_queue,
            task_timeout=timedelta(seconds=10),
        )
        handles.append(handle)
    results = await asyncio.gather(*(handle.result() for handle in handles))
    seconds = time.monotonic() - started
    assert all(result.status == "completed" and result.steps == steps for result in results), results
    after = await _sizes(longhaul)
    history = await _history(longhaul, handles[0].id)
    deltas = (after.wal - before.wal, after.commits - before.commits, after.journal - before.journal)
    return Run(jobs, steps, seconds, *deltas, history)


async def _sizes(longhaul: Longhaul) -> Sizes:
    async with transaction(longhaul.pool, EVERY_AGENT) as connection:
        row = await (await connection.execute(SIZES)).fetchone()
    assert row is not None
    return Sizes(*(int(value) for value in row))


async def _history(longhaul: Longhaul, workflow: str) -> int:
    described = await longhaul.temporal.get_workflow_handle(workflow).describe()
    return int(described.raw_description.workflow_execution_info.history_size_bytes)
