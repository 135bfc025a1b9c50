"""Jobs, their agent, or both are terminated in Temporal: upkeep starts them again, with all that was said to them."""

from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, verified, waits
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness

LOST = {"a job": ("job",), "its agent": ("agent",), "both": ("job", "agent")}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"upkeep_seconds": 1.0})


@pytest.mark.parametrize("lost", LOST)
async def test_it_goes_on(lost: str, settings: Settings, witness: Witness, unique: str) -> None:
    """One job waits, another is queued behind the one that works."""
    agent, working, behind = f"agent-{unique}", f"{unique}-working", f"{unique}-behind"
    async with Longhaul.connect(settings) as longhaul:
        with WorkerProcess(settings, witness.path):
            await longhaul.start(toy(unique, "guarded"))
            request = (await waits(longhaul, unique)).requests[0]
            await longhaul.start(toy(working, *(f"keyed:{number}" for number in range(20)), agent=agent))
            await longhaul.start(toy(behind, "keyed", agent=agent))
            await until(lambda: len(witness.effects()) > 1)
        await longhaul.temporal.get_workflow_handle(f"job/{unique}").signal("inform", {"by": "ann", "text": "hello"})
        for kind in LOST[lost]:
            gone = [agent] if kind == "agent" else [unique, working]
            for name in gone:
                await longhaul.temporal.get_workflow_handle(f"{kind}/{name}").terminate("by mistake")
        with WorkerProcess(settings, witness.path):
            for job in (working, behind):
                assert (await ended(longhaul, job)).status == "completed", await events(longhaul, job)
            await until(lambda: longhaul.runs(unique))
            await longhaul.say(unique, "approve", {"by": "ann", "request": request.id}, patience=20)
            state = await ended(longhaul, unique)
        await verified(longhaul, unique, working, behind)
    assert [said.text for said in state.information] == ["hello"]
    assert not witness.repeated()
    assert len(witness.effects()) == 22


async def test_there_is_one_upkeep_for_all_workers_and_it_disturbs_nothing(
    settings: Settings, witness: Witness, unique: str
) -> None:
    with WorkerProcess(settings, witness.path) as worker:
        worker.start()
        async with Longhaul.connect(settings) as longhaul:
            await longhaul.start(toy(unique, "guarded"))
            await waits(longhaul, unique)
            handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")
            await until(lambda: _is_at_rest(handle))
            before = await handle.describe()
            await until(lambda: _has_looked(longhaul, 4))
            assert (await handle.describe()).history_length == before.history_length
            assert len(of_type(await events(longhaul, unique), "JobOpened")) == 1


async def _is_at_rest(handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether it waits for its timer, and for nothing else."""
    last = (await handle.fetch_history()).events[-1]
    return last.HasField("timer_started_event_attributes")


async def _has_looked(longhaul: Longhaul, times: int) -> bool:
    handle = longhaul.temporal.get_workflow_handle(longhaul.upkeep_id)
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    history = await handle.fetch_history()
    return len([e for e in history.events if e.HasField("activity_task_completed_event_attributes")]) >= times
