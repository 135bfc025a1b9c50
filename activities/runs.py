"""What Temporal knows of a workflow."""

from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

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


async def last_seen(client: Client, job: str) -> Head | None:
    """What the job's workflow had seen of the journal when it closed; None while it runs, or when nobody knows.

    One that completed says so in its result. Any other is asked, which takes a worker that can replay it.
    """
    handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(f"job/{job}")
    match await status_of(client, f"job/{job}"):
        case None | Status.RUNNING:
            return None
        case Status.COMPLETED:
            return Head.model_validate((await handle.result())["head"])
        case _:
            try:
                seen = await handle.query("seen", rpc_timeout=timedelta(seconds=ANSWER_SECONDS))
            except (RPCError, WorkflowQueryFailedError):
                return None
            return Head.model_validate(seen["head"])
