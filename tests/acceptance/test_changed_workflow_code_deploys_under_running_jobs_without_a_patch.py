"""The order of the job's loop changes under 50 running jobs: `longhaul recover`, and all 50 finish.

Their histories no longer replay: each is dropped, and its job goes on from the journal. Beside them bare Temporal
workflows under a change of the same kind stand still.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.worker import Worker

from settings import Settings
from starter.client import Longhaul
from starter.replay import CAUSES, last_cause
from tests.conftest import until
from tests.integration.test_the_command_line import Terminal
from tests.support.bare import Bare, ChangedBare, first, second
from tests.support.forked import Said
from tests.support.jobs import ended, events, of_type, seen_to_its_end, toy, verified, waits
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness
from worker import connect

ITEMS = ("keyed", "once", "transactional", "guarded", "lookup")
SENT = 4
"""Effects of a job that the witness sees; the transactional one is in Postgres."""
BARE = 5


@pytest.fixture
async def longhaul(settings: Settings) -> AsyncIterator[Longhaul]:
    async with Longhaul.connect(settings) as connected:
        yield connected


@pytest.mark.timeout(240)
async def test_many_jobs_finish_and_repeat_nothing(
    longhaul: Longhaul, settings: Settings, witness: Witness, unique: str, whole: bool
) -> None:
    """Fifty with `--whole`, else sixteen."""
    count = 50 if whole else 16
    jobs = [f"{unique}-{number}" for number in range(count)]
    with WorkerProcess(settings, witness.path):
        for job in jobs[: count // 2]:
            await longhaul.start(toy(job, *ITEMS))
        await waits(longhaul, jobs[0])
        for job in jobs[count // 2 :]:
            await longhaul.start(toy(job, *ITEMS))
        await until(lambda: _all_opened(longhaul, jobs))
    client = await connect(settings)
    bare = await _bare_workflows(client, unique)

    with WorkerProcess(settings, witness.path, changed="job"):
        said = await Terminal(settings)("recover", "--patience", "60", "-o", "json")
        assert said.code == 0, said
        assert _what(said) == dict.fromkeys(jobs, "dropped")
        states = await asyncio.gather(*(seen_to_its_end(longhaul, job, witness) for job in jobs))
        assert [state.status for state in states] == ["completed"] * count
    assert not witness.repeated()
    assert len(witness.effects()) == count * SENT
    await verified(longhaul, *jobs)
    await _bare_ones_stand_still(longhaul, client, bare, unique)


def _what(said: Said) -> dict[str, Any]:
    return {each["job"]: each["is"] for each in said.json()["jobs"]}


async def _all_opened(longhaul: Longhaul, jobs: list[str]) -> bool:
    """Every job has got as far as its first call."""
    return all([of_type(await events(longhaul, job), "ToolCalled") for job in jobs])


async def _bare_workflows(client: Client, unique: str) -> list[str]:
    """Bare workflows of the release before, each waiting for its word."""
    ids = [f"bare/{unique}/{number}" for number in range(BARE)]
    async with Worker(client, task_queue=f"bare-{unique}", workflows=[Bare], activities=[first, second]):
        for workflow_id in ids:
            await client.start_workflow("Bare", id=workflow_id, task_queue=f"bare-{unique}")
        for workflow_id in ids:
            await until(lambda workflow_id=workflow_id: _has_done_both(client, workflow_id))
    return ids


async def _has_done_both(client: Client, workflow_id: str) -> bool:
    found = client.get_workflow_handle(workflow_id).fetch_history_events()
    return len([event async for event in found if event.HasField("activity_task_completed_event_attributes")]) == 2


async def _bare_ones_stand_still(longhaul: Longhaul, client: Client, ids: list[str], unique: str) -> None:
    async with Worker(client, task_queue=f"bare-{unique}", workflows=[ChangedBare], activities=[first, second]):
        for workflow_id in ids:
            await client.get_workflow_handle(workflow_id).signal("go_on")
        for workflow_id in ids:
            await until(lambda workflow_id=workflow_id: _fails_again_and_again(longhaul, workflow_id))


async def _fails_again_and_again(longhaul: Longhaul, workflow_id: str) -> bool:
    described = await longhaul.temporal.get_workflow_handle(workflow_id).describe()
    assert described.status is WorkflowExecutionStatus.RUNNING
    tried = described.raw_description.pending_workflow_task.attempt
    return tried > 1 and await last_cause(longhaul, workflow_id) in CAUSES


async def test_the_command_tells_a_person_what_it_did(
    longhaul: Longhaul, settings: Settings, witness: Witness, unique: str
) -> None:
    with WorkerProcess(settings, witness.path):
        await longhaul.start(toy(unique, "guarded"))
        await waits(longhaul, unique)
    with WorkerProcess(settings, witness.path, changed="job"):
        said = await Terminal(settings)("recover", "--patience", "60")
        assert (said.code, "dropped a history that no longer replays, started again" in said.out) == (0, True), said
        again = await Terminal(settings)("recover", "-o", "json")
        assert _what(again) == {unique: "running"}
    [dropped] = [
        run
        async for run in longhaul.temporal.list_workflows(f"WorkflowId = 'job/{unique}'")
        if run.status is WorkflowExecutionStatus.TERMINATED
    ]
    last = (await longhaul.temporal.get_workflow_handle(dropped.id, run_id=dropped.run_id).fetch_history()).events[-1]
    assert "no longer replays" in last.workflow_execution_terminated_event_attributes.reason


@pytest.mark.parametrize("how", ["dropped", "terminated"])
async def test_what_was_said_and_not_recorded_yet_is_heard_by_the_next_run(
    how: str, longhaul: Longhaul, settings: Settings, witness: Witness, unique: str
) -> None:
    """With and without ids of their own; what is recorded already is not heard again."""
    handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")
    with WorkerProcess(settings, witness.path):
        await longhaul.start(toy(unique, "guarded"))
        asked = (await waits(longhaul, unique)).requests[0]
        await handle.signal("inform", {"by": "ann", "text": "recorded"})
        await until(lambda: _informed(longhaul, unique, 1))
    await handle.signal("inform", {"by": "ann", "text": "recorded"})  # the same words once more are another message
    await handle.signal("inform", {"by": "ann", "text": "while nobody worked"})
    await handle.signal("pause", {"by": "ann"})
    await handle.signal("approve", {"by": "ann", "request": asked.id, "message_id": "yes"})
    await handle.signal("resume", {"by": "ann", "message_id": "on"})
    await handle.signal("inform", args=["no", "message"])
    if how == "terminated":
        await handle.terminate("by hand")
    with WorkerProcess(settings, witness.path, changed="job"):
        said = await Terminal(settings)("recover", "--patience", "60", "-o", "json")
        assert (said.code, _what(said)) == (0, {unique: "dropped" if how == "dropped" else "recovered"}), said
        state = await ended(longhaul, unique)
    assert state.status == "completed"
    assert [said.text for said in state.information] == ["recorded", "recorded", "while nobody worked"]
    assert len(witness.effects()) == 1
    assert len(of_type(await events(longhaul, unique), "JobPaused", "JobResumed", "MessageRefused")) == 3


async def _informed(longhaul: Longhaul, job: str, count: int) -> bool:
    return len((await longhaul.state(job)).information) >= count


async def test_an_agent_whose_own_history_does_not_replay_begins_anew_with_its_requests(
    longhaul: Longhaul, settings: Settings, witness: Witness, unique: str
) -> None:
    agent = f"agent-{unique}"
    with WorkerProcess(settings, witness.path):
        await longhaul.start(toy(unique, "guarded"))
        await waits(longhaul, unique)
    await longhaul.start(toy(f"{unique}-2", "keyed", agent=agent))
    with WorkerProcess(settings, witness.path, changed="agent"):
        said = await Terminal(settings)("recover", "--patience", "60", "-o", "json")
        assert (said.code, _what(said)) == (0, {unique: "running"}), said
        assert (await ended(longhaul, f"{unique}-2")).status == "completed"
        asked = (await waits(longhaul, unique)).requests[0]
        await longhaul.say(unique, "approve", {"by": "ann", "request": asked.id}, patience=20)
        assert (await ended(longhaul, unique)).status == "completed"
    assert not witness.repeated()
