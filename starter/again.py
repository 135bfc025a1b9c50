"""Starting jobs and agents again whose histories are of no more use, with all that was said to them.

A job needs nothing of its history but what people said and nobody had recorded yet: signals, accepted updates, and the
inbox that the run was started with. Each gets the message id that the run itself gave it, so that the journal knows
what it has; the rest goes into the inbox of the next run. An agent needs only the requests that are in no queue yet.
"""

from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.converter import DataConverter, WorkflowSerializationContext
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.events import JobRequested
from domain.head import Head
from starter.client import Longhaul
from workflows.agent import AgentWorkflow
from workflows.inbox import Inbox
from workflows.job import JobWorkflow
from workflows.people import KINDS, whole
from workflows.starts import AgentStart, JobStart

WHY = "longhaul recover: its history no longer replays on this release's workflow code; it goes on from the journal"
CUT_OFF = (
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.TIMED_OUT,
)
"""Runs that ended without hearing what was said to them."""

Handle = WorkflowHandle[Any, Any]


async def start_job_again(longhaul: Longhaul, job: str) -> None:
    """Terminates the job's run, if there is one, and starts it from the journal with what that run had not recorded."""
    inbox = Inbox("")
    while True:
        if handle := await _last_run(longhaul, f"job/{job}"):
            await _terminate(handle)
            inbox = await _heard(longhaul, handle, inbox)
        try:
            return await _start_job(longhaul, job, await _unrecorded(longhaul, job, inbox))
        except WorkflowAlreadyStartedError:  # its agent was faster, and gave it nothing of all this
            continue


async def was_cut_off(longhaul: Longhaul, job: str) -> bool:
    """Whether the job's last run ended before it had recorded all that was said to it."""
    handle = await _last_run(longhaul, f"job/{job}")
    if handle is None or (await handle.describe()).status not in CUT_OFF:
        return False
    return bool(await _unrecorded(longhaul, job, await _heard(longhaul, handle, Inbox(""))))


async def start_agent_again(longhaul: Longhaul, agent: str) -> None:
    """Terminates the agent's run and starts it with the requests that it had not queued yet."""
    requests = dict[str, JobRequested]()
    while True:
        if handle := await _last_run(longhaul, f"agent/{agent}"):
            await _terminate(handle)
            requests |= {each.job: each for each in await _requests(longhaul, handle)}
        new = tuple([each for each in requests.values() if await longhaul.tasks.job(each.job) is None])
        start = AgentStart(agent=agent, timing=longhaul.timing, requests=new)
        try:
            await longhaul.temporal.start_workflow(AgentWorkflow.run, start, id=f"agent/{agent}", **longhaul.where)
        except WorkflowAlreadyStartedError:
            continue
        return


async def _last_run(longhaul: Longhaul, workflow_id: str) -> Handle | None:
    """The last run of that id, whatever became of it; none when Temporal knows none."""
    handle = longhaul.temporal.get_workflow_handle(workflow_id)
    try:
        found = await handle.describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return longhaul.temporal.get_workflow_handle(workflow_id, run_id=found.run_id)


async def _terminate(handle: Handle) -> None:
    try:
        await handle.terminate(reason=WHY)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:  # it had ended
            raise


async def _start_job(longhaul: Longhaul, job: str, inbox: Inbox) -> None:
    start = JobStart(job=job, timing=longhaul.timing, inbox=inbox.rest())
    await longhaul.temporal.start_workflow(JobWorkflow.run, start, id=f"job/{job}", **longhaul.where)


async def _unrecorded(longhaul: Longhaul, job: str, inbox: Inbox) -> Inbox:
    ids = [message.message_id for message in inbox.rest()]
    inbox.recorded((await longhaul.jobs.find(job, Head(), ids)).recorded.values())
    return inbox


async def _heard(longhaul: Longhaul, handle: Handle, before: Inbox) -> Inbox:
    """Everything that the run had in its inbox at any time, after what is in `before`."""
    inbox = before
    async for event in handle.fetch_history_events():
        at = event.event_time.ToDatetime().timestamp()
        match event.WhichOneof("attributes"):
            case "workflow_execution_started_event_attributes":
                started = event.workflow_execution_started_event_attributes
                [start] = await _converter(longhaul, handle).decode(started.input.payloads, [JobStart])
                carried = (*before.rest(), *start.inbox)
                inbox = Inbox(started.first_execution_run_id, carried, start.unnamed)
            case "workflow_execution_cancel_requested_event_attributes":
                why = event.workflow_execution_cancel_requested_event_attributes.cause
                inbox.put("cancel", {"by": "Temporal", "why": why}, at)
            case _ if (spoken := _spoken(event)) and (
                given := await _decoded(_converter(longhaul, handle), spoken[1])
            ) is not None:
                said, *rest = given or [None]
                inbox.put(spoken[0], whole(said, tuple(rest)), at)
    return inbox


def _spoken(event: HistoryEvent) -> tuple[str, Sequence[Payload]] | None:
    """The kind and the arguments of a message, whether it came as a signal or as an update."""
    signal = event.workflow_execution_signaled_event_attributes
    if event.HasField("workflow_execution_signaled_event_attributes") and signal.signal_name in KINDS:
        return signal.signal_name, signal.input.payloads
    update = event.workflow_execution_update_accepted_event_attributes.accepted_request.input
    if event.HasField("workflow_execution_update_accepted_event_attributes") and update.name in KINDS:
        return update.name, update.args.payloads
    return None


async def _requests(longhaul: Longhaul, handle: Handle) -> list[JobRequested]:
    """The job requests that the agent's run was started with or was told."""
    found: list[JobRequested] = []
    async for event in handle.fetch_history_events():
        signal = event.workflow_execution_signaled_event_attributes
        if event.HasField("workflow_execution_started_event_attributes"):
            given = event.workflow_execution_started_event_attributes.input.payloads
            [start] = await _converter(longhaul, handle).decode(given, [AgentStart])
            found += start.requests
        elif event.HasField("workflow_execution_signaled_event_attributes") and signal.signal_name == "request_job":
            found += await _decoded(_converter(longhaul, handle), signal.input.payloads, JobRequested) or []
    return found


def _converter(longhaul: Longhaul, handle: Handle) -> DataConverter:
    """The converter for that workflow's payloads: a codec binds each to its workflow."""
    place = WorkflowSerializationContext(longhaul.temporal.namespace, handle.id)
    return longhaul.temporal.data_converter.with_context(place)


async def _decoded(converter: DataConverter, payloads: Sequence[Payload], kind: Any = None) -> list[Any] | None:
    """The values; None for what no workflow could have read either, and so never heard."""
    try:
        return await converter.decode(payloads, [kind] if kind else None)
    except Exception:  # noqa: BLE001 - converters are foreign code, and a payload may hold anything
        return None
