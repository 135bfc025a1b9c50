"""What Temporal knows of a workflow."""

import contextlib
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.inputs import Seen
from domain.errors import Unreachable
from domain.head import Head

ANSWER_SECONDS = 5.0

Status = WorkflowExecutionStatus


async def status_of(client: Client, workflow_id: str) -> WorkflowExecutionStatus | None:
    """The status of the latest run of that id; None when there was none, or none is remembered."""
    try:
        return (await client.get_workflow_handle(workflow_id).describe()).status
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def runs(client: Client, job: str) -> bool:
    """Whether the job has a running workflow."""
    return await is_running(client, f"job/{job}")


async def is_running(client: Client, workflow_id: str) -> bool:
    """Whether the last run of that id is still open."""
    return await status_of(client, workflow_id) is Status.RUNNING


async def seen(client: Client, job: str, status: Status, seconds: float = ANSWER_SECONDS) -> Seen | None:
    """What the job's workflow has seen of the journal; None when its history no longer replays.

    Asking takes a worker. Without one, a workflow that completed says as much in its result; any other raises
    `Unreachable`.
    """
    handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(f"job/{job}")
    try:
        return Seen.model_validate(await handle.query("seen", rpc_timeout=timedelta(seconds=seconds)))
    except WorkflowQueryFailedError:
        return None
    except RPCError as error:
        if status is Status.COMPLETED:
            return Seen(asked=None, head=await _head_at_end(handle))
        raise Unreachable(f"no worker answers for job {job}") from error


async def last_seen(client: Client, job: str) -> Head | None:
    """What the job's workflow had seen of the journal when it closed; None while it runs, or when nobody knows."""
    match await status_of(client, f"job/{job}"):
        case None | Status.RUNNING:
            return None
        case Status.COMPLETED:
            return await _head_at_end(client.get_workflow_handle(f"job/{job}"))
        case status:
            with contextlib.suppress(Unreachable):
                found = await seen(client, job, status)
                return found.head if found else None
            return None


async def _head_at_end(handle: WorkflowHandle[Any, Any]) -> Head:
    return Head.model_validate((await handle.result())["head"])
