"""Which workflows no longer replay on the workflow code that the workers have now.

A run whose history does not fit the code fails its workflow task again and again: the first failure stands in its
history, with the cause; the attempts count on. A run that waits has no such task, so it is given one by a signal that
changes nothing.
"""

import asyncio
import time
from collections.abc import Collection

from temporalio.api.enums.v1 import WorkflowTaskFailedCause as Cause
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from starter.client import Longhaul

CAUSES = frozenset(
    {
        Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
        Cause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
    }
)
"""Commands that differ, and what can no longer be read of what stands in the history."""
LOOK_AGAIN = 0.1


async def nudge(longhaul: Longhaul, job: str) -> None:
    """Has a running job look into the journal once more. One that has ended meanwhile needs no look."""
    try:
        await longhaul.temporal.get_workflow_handle(f"job/{job}").signal("look")
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


async def stuck(longhaul: Longhaul, workflow_ids: Collection[str], until: float) -> set[str]:
    """Those that do not replay. Each was given a task; what no worker looks at before `until` is not stuck."""
    open_, found = set(workflow_ids), set[str]()
    while open_ and time.monotonic() < until:
        for workflow_id in sorted(open_):
            answer = await _replays(longhaul, workflow_id)
            found |= {workflow_id} if answer is False else set()
            open_ -= {workflow_id} if answer is not None else set()
        if open_:
            await asyncio.sleep(LOOK_AGAIN)
    return found


async def _replays(longhaul: Longhaul, workflow_id: str) -> bool | None:
    """Whether it does; None while a worker is still to say."""
    handle = longhaul.temporal.get_workflow_handle(workflow_id)
    described = await handle.describe()
    task = described.raw_description.pending_workflow_task
    if described.status is not WorkflowExecutionStatus.RUNNING or not task.attempt:
        return True
    if task.attempt == 1:
        return None
    return None if await last_cause(longhaul, workflow_id) not in CAUSES else False


async def last_cause(longhaul: Longhaul, workflow_id: str) -> int:
    """Why the run's last workflow task failed; 0 when it did not."""
    cause = 0
    async for event in longhaul.temporal.get_workflow_handle(workflow_id).fetch_history_events():
        if event.HasField("workflow_task_failed_event_attributes"):
            cause = event.workflow_task_failed_event_attributes.cause
        elif event.HasField("workflow_task_completed_event_attributes"):
            cause = 0
    return cause
