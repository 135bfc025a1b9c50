"""Faults of the workers, and the reset of a job, which replays on them."""

import asyncio
import contextlib
import signal
import uuid
from dataclasses import dataclass

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.service import RPCError

from chaos.campaign.arena import Arena
from chaos.campaign.plan import Fault
from chaos.campaign.processes import suspended, until

POINT_SECONDS = 8.0
SUSPENDED_SECONDS = 2.0
"""More than the time of a heartbeat."""


@dataclass
class OnWorkers:
    """Faults of the workers."""

    arena: Arena

    async def worker_killed(self, fault: Fault) -> str:
        worker = self.arena.fleet.pick(fault.pick)
        if worker is None:
            return ""
        self.arena.fleet.end(worker)
        return f"worker {worker.pid}"

    async def worker_killed_at_point(self, fault: Fault) -> str:
        return fault.place if await self._struck(fault.place, "kill") else ""

    async def worker_suspended(self, fault: Fault) -> str:
        """At any moment, or at a place: then it wakes up cut off from Temporal, and hears of nothing."""
        seconds = SUSPENDED_SECONDS + fault.seconds
        if fault.place:
            pid = await self._struck(fault.place, "stop")
        else:
            worker = self.arena.fleet.pick(fault.pick)
            pid = worker.pid if worker else 0
        if not pid:
            return ""
        await suspended(pid, seconds, self.arena.temporal if fault.place else None)
        return f"{fault.place or f'worker {pid}'} for {seconds:.1f} s"

    async def worker_drained(self, fault: Fault) -> str:
        worker = self.arena.fleet.pick(fault.pick)
        if worker is None:
            return ""
        self.arena.fleet.end(worker, signal.SIGTERM)
        return f"worker {worker.pid}"

    async def disk_full(self, fault: Fault) -> str:
        """A limit of the process stands for a full disk: a file system of its own needs rights that a user lacks."""
        self.arena.fleet.limit_files(0)
        await asyncio.sleep(fault.seconds)
        self.arena.fleet.limit_files(-1)
        return f"for {fault.seconds} s"

    async def job_reset(self, fault: Fault) -> str:
        working = self.arena.observer.working()
        if not working:
            return ""
        job = working[fault.pick % len(working)].job
        try:
            ends = await self._task_ends(job)
            await self._reset(job, ends[fault.pick % len(ends)])
        except (RPCError, IndexError):  # it has ended meanwhile
            return ""
        return job

    async def _struck(self, place: str, how: str) -> int:
        """Arms a crash point; the process that came by it, or 0 when none did."""
        crash = self.arena.there.crash_points
        assert crash is not None
        armed = crash / f"{place}.{how}"
        armed.touch()
        if not await until(lambda: not armed.exists(), POINT_SECONDS):
            with contextlib.suppress(FileNotFoundError):  # else it struck at this very moment
                armed.unlink()
                return 0
        taken = max(crash.glob(f"{place}.{how}.*"), key=lambda path: path.stat().st_mtime_ns)
        return int(taken.suffix[1:])

    async def _task_ends(self, job: str) -> list[int]:
        handle = self.arena.longhaul.temporal.get_workflow_handle(f"job/{job}")
        return [
            event.event_id
            async for event in handle.fetch_history_events()
            if event.HasField("workflow_task_completed_event_attributes")
        ]

    async def _reset(self, job: str, event: int) -> None:
        request = ResetWorkflowExecutionRequest(
            namespace=self.arena.longhaul.temporal.namespace,
            workflow_execution=WorkflowExecution(workflow_id=f"job/{job}"),
            reason="a fault of the campaign",
            workflow_task_finish_event_id=event,
            request_id=str(uuid.uuid4()),
        )
        await self.arena.longhaul.temporal.workflow_service.reset_workflow_execution(request)
