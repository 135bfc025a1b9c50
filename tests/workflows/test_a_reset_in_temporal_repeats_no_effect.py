"""Reset in the web UI, to an early, a middle and a late workflow task: the journal answers, nothing is done again."""

import uuid

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from starter.client import Longhaul
from tests.support.jobs import ended, events, toy, waits
from tests.workflows.conftest import World
from workflows.job import JobWorkflow
from workflows.starts import JobStart

ITEMS = ("pure", "transactional", "keyed", "lookup", "once", "guarded")


async def _task_ends(longhaul: Longhaul, job: str) -> list[int]:
    history = await longhaul.temporal.get_workflow_handle(f"job/{job}").fetch_history()
    return [e.event_id for e in history.events if e.HasField("workflow_task_completed_event_attributes")]


async def _reset(longhaul: Longhaul, job: str, event_id: int) -> None:
    request = ResetWorkflowExecutionRequest(
        namespace=longhaul.temporal.namespace,
        workflow_execution=WorkflowExecution(workflow_id=f"job/{job}"),
        reason="test",
        workflow_task_finish_event_id=event_id,
        request_id=str(uuid.uuid4()),
    )
    await longhaul.temporal.workflow_service.reset_workflow_execution(request)


@pytest.mark.parametrize("place", [0.0, 0.5, 0.9])
async def test_reset(place: float, world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, *ITEMS))
    await waits(world.longhaul, unique)
    before = await events(world.longhaul, unique)
    ends = await _task_ends(world.longhaul, unique)
    await _reset(world.longhaul, unique, ends[int(place * (len(ends) - 1))])
    asked = (await waits(world.longhaul, unique)).requests[0]
    await world.longhaul.say(unique, "approve", {"by": "ann", "request": asked.id}, patience=20)
    state = await ended(world.longhaul, unique)
    assert state.status == "completed"
    assert (await events(world.longhaul, unique))[: len(before)] == before
    assert not world.witness.repeated()
    assert sorted(effect["tool"] for effect in world.witness.effects()) == ["guarded", "keyed", "lookup", "once"]


async def test_a_finished_job_that_is_reset_finishes_again_and_does_nothing(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "keyed", "once", "lookup"))
    await ended(world.longhaul, unique)
    handle = world.longhaul.temporal.get_workflow_handle(f"job/{unique}")
    await handle.result()
    before = await events(world.longhaul, unique)
    await _reset(world.longhaul, unique, (await _task_ends(world.longhaul, unique))[1])
    result = await world.longhaul.temporal.get_workflow_handle(f"job/{unique}").result()
    assert result["status"] == "completed"
    assert await events(world.longhaul, unique) == before
    assert not world.witness.repeated()


async def test_a_job_started_again_after_its_workflow_was_terminated_goes_on(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "keyed", "guarded", "once"))
    await waits(world.longhaul, unique)
    before = await events(world.longhaul, unique)
    await world.longhaul.temporal.get_workflow_handle(f"job/{unique}").terminate("lost")
    await world.longhaul.temporal.start_workflow(
        JobWorkflow.run, JobStart(job=unique), id=f"job/{unique}", task_queue=world.longhaul.settings.task_queue
    )
    asked = (await waits(world.longhaul, unique)).requests[0]
    await world.longhaul.say(unique, "approve", {"by": "ann", "request": asked.id})
    assert (await ended(world.longhaul, unique)).status == "completed"
    assert (await events(world.longhaul, unique))[: len(before)] == before
    assert not world.witness.repeated()
