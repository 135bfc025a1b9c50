"""What Temporal knows of a job's workflow."""

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode


async def runs(client: Client, job: str) -> bool:
    """Whether the job has a running workflow."""
    try:
        described = await client.get_workflow_handle(f"job/{job}").describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return described.status is WorkflowExecutionStatus.RUNNING
