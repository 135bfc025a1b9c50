"""Reset in the web UI, to an early, a middle and a late workflow task: the journal answers, nothing is done again."""

import asyncio
import uuid

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from starter.client import Longhaul
from stores.postgres import Pool, transaction
from tests.conftest import until
from tests.support.jobs import ended, events, kept, toy, verified, waits
from tests.workflows.conftest import World
from workflows.job import JobWorkflow
from workflows.starts import JobStart

ITEMS = ("pure", "transactional", "keyed", "lookup", "once", "guarded")


async def _task_ends(longhaul: Longhaul, job: str) -> list[int]:
    history = await longhaul.temporal.get_workflow_handle(f"job/{job}").fetch_history()
    return [e.event_id for e in history.events if e.HasField("workflow_task_completed_event_attributes")]


async def _reset(longhaul: Longhaul, job: str, event_id: int) -> None:
    await _reset_workflow(longhaul, f"job/{job}", event_id)


async def _reset_workflow(longhaul: Longhaul, workflow_id: str, event_id: int) -> None:
    request = ResetWorkflowExecutionRequest(
        namespace=longhaul.temporal.namespace,
        workflow_execution=WorkflowExecution(workflow_id=workflow_id),
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


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
async def test_reset_while_calls_are_being_made(place: float, world: World, unique: str) -> None:
    """The activity of the old run may still be at work: of the two runs, one makes each call."""
    items = [f"{effect}:{number}" for number in range(5) for effect in ITEMS[:5]]
    await world.longhaul.start(toy(unique, *items))
    for moment in (2, 6, 10):
        await until(lambda moment=moment: len(world.witness.effects()) >= moment)
        ends = await _task_ends(world.longhaul, unique)
        await _reset(world.longhaul, unique, ends[int(place * (len(ends) - 1))])
    await until(lambda: _over_or_asks(world.longhaul, unique), 40)
    state = await world.longhaul.state(unique)
    while state.end is None:
        asked = (await waits(world.longhaul, unique)).requests[0]
        await world.longhaul.say(unique, "answer", {"by": "ann", "request": asked.id, "text": "sent"}, patience=20)
        await until(lambda: _over_or_asks(world.longhaul, unique), 40)
        state = await world.longhaul.state(unique)
    assert state.status == "completed", await events(world.longhaul, unique)
    assert not world.witness.repeated()
    kinds = [effect["tool"].partition(":")[0] for effect in world.witness.effects()]
    assert {kind: kinds.count(kind) for kind in ("keyed", "lookup")} == {"keyed": 5, "lookup": 5}
    rows = await kept(world.longhaul)
    assert len(rows) == len(set(rows)) == 5
    await verified(world.longhaul, unique)


async def _over_or_asks(longhaul: Longhaul, job: str) -> bool:
    return (await longhaul.state(job)).status in ("completed", "failed", "waiting")


async def test_an_agent_that_is_reset_starts_no_job_twice(world: World, unique: str) -> None:
    jobs = [f"{unique}-{number}" for number in range(3)]
    for job in jobs:
        await world.longhaul.start(toy(job, "keyed", "guarded", agent=f"agent-{unique}"))
    for job in jobs:
        await waits(world.longhaul, job)
    agent = world.longhaul.temporal.get_workflow_handle(f"agent/agent-{unique}")
    history = await agent.fetch_history()
    first = next(e.event_id for e in history.events if e.HasField("workflow_task_completed_event_attributes"))
    await _reset_workflow(world.longhaul, f"agent/agent-{unique}", first)
    for job in jobs:
        asked = (await waits(world.longhaul, job)).requests[0]
        await world.longhaul.say(job, "approve", {"by": "ann", "request": asked.id}, patience=20)
        assert (await ended(world.longhaul, job)).status == "completed"
    assert not world.witness.repeated()
    assert len(world.witness.effects()) == 2 * len(jobs)


async def test_a_person_whose_message_was_on_its_way_when_the_job_was_reset_is_not_refused(
    world: World, pool: Pool, unique: str
) -> None:
    """The run that had accepted it is gone before it could record it; the message is not."""
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)
    ends = await _task_ends(world.longhaul, unique)
    async with transaction(pool) as held:
        await held.execute("select hold_appends()")
        saying = asyncio.create_task(world.longhaul.say(unique, "tell", {"by": "ann", "text": "keyed"}, patience=20))
        await until(lambda: _has_accepted(world.longhaul, unique))
        await _reset(world.longhaul, unique, ends[len(ends) // 2])
        await asyncio.wait([saying], timeout=2)
    await saying
    await until(lambda: _requires(world.longhaul, unique, "keyed"))


async def _has_accepted(longhaul: Longhaul, job: str) -> bool:
    history = longhaul.temporal.get_workflow_handle(f"job/{job}").fetch_history_events()
    return any([event.HasField("workflow_execution_update_accepted_event_attributes") async for event in history])


async def _requires(longhaul: Longhaul, job: str, what: str) -> bool:
    return [said.text for said in (await longhaul.state(job)).requirements] == [what]
