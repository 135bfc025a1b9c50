"""Every workflow is gone, as after the loss of the Temporal server: the same request again goes on from Postgres."""

import pytest
from temporalio.service import RPCError

from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, verified, waits
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents, running


async def _lose(longhaul: Longhaul, *ids: str) -> None:
    for workflow_id in ids:
        try:
            await longhaul.temporal.get_workflow_handle(workflow_id).terminate("lost")
        except RPCError:
            continue  # it had ended


async def test_a_job_that_waits(world: World, unique: str) -> None:
    asked = toy(unique, "keyed", "guarded", "once")
    await world.longhaul.start(asked)
    await waits(world.longhaul, unique)
    before = await events(world.longhaul, unique)
    await _lose(world.longhaul, f"job/{unique}", f"agent/agent-{unique}")
    await world.longhaul.start(asked)
    await until(lambda: _runs(world.longhaul, unique), 15)
    request = (await waits(world.longhaul, unique)).requests[0]
    await world.longhaul.say(unique, "approve", {"by": "ann", "request": request.id}, patience=20)
    assert (await ended(world.longhaul, unique)).status == "completed"
    assert (await events(world.longhaul, unique))[: len(before)] == before
    assert not world.witness.repeated()
    await verified(world.longhaul, unique)


async def _runs(longhaul: Longhaul, job: str) -> bool:
    described = await longhaul.temporal.get_workflow_handle(f"job/{job}").describe()
    return described.status is not None and described.status.name == "RUNNING"


async def test_a_job_that_worked(settings: Settings, agents: Agents, witness: Witness, unique: str) -> None:
    """It has its agent's turn, and another job of the agent is queued behind it."""
    asked = toy(unique, *(f"keyed:{number}" for number in range(30)))
    behind = toy(f"{unique}-2", "pure", agent=f"agent-{unique}")
    async with Longhaul.connect(settings) as longhaul:
        async with running(settings, agents):
            await longhaul.start(asked)
            await longhaul.start(behind)
            await until(lambda: len(witness.effects()) > 2)
            await _lose(longhaul, f"job/{unique}", f"agent/agent-{unique}", f"job/{unique}-2")
        assert (await longhaul.state(unique)).end is None
        async with running(settings, agents):
            await longhaul.start(asked)
            for job in (unique, f"{unique}-2"):
                assert (await ended(longhaul, job, 20)).status == "completed"
        await verified(longhaul, unique)
        assert len(of_type(await events(longhaul, unique), "ToolReturned")) == 30
    assert not witness.repeated()


@pytest.mark.parametrize("which", ["agent", "job"])
async def test_one_of_the_two_is_lost(which: str, world: World, unique: str) -> None:
    asked = toy(unique, "guarded")
    await world.longhaul.start(asked)
    await waits(world.longhaul, unique)
    await _lose(world.longhaul, f"agent/agent-{unique}" if which == "agent" else f"job/{unique}")
    await world.longhaul.start(asked)
    await until(lambda: _runs(world.longhaul, unique), 15)
    request = (await waits(world.longhaul, unique)).requests[0]
    await world.longhaul.say(unique, "approve", {"by": "ann", "request": request.id}, patience=20)
    assert (await ended(world.longhaul, unique, 30)).status == "completed"
