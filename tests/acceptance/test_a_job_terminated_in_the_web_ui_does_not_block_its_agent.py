"""A job is terminated in Temporal's web UI: the next job of its agent gets the turn; `recover` starts it again."""

import pytest

from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.integration.test_the_command_line import Terminal
from tests.support.jobs import ended, events, of_type, toy, verified, waits
from tests.support.people import answered_by_the_witness
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness


async def test_while_it_works_with_a_call_open(
    settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    agent, behind, last = f"agent-{unique}", f"{unique}-behind", f"{unique}-last"
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "held", "keyed"))
        await until(witness.effects)
        for job in (behind, last):
            await longhaul.start(toy(job, "keyed", agent=agent))
        await longhaul.temporal.get_workflow_handle(f"job/{unique}").terminate("by mistake")
        for job in (behind, last):
            assert (await ended(longhaul, job)).status == "completed"
        assert not of_type(await events(longhaul, unique), "JobFailed", "JobCancelled")
        assert len(of_type(await events(longhaul, unique), "TurnLost")) == 1
        row = await longhaul.row(unique)
        assert (row["status"], row["error"]) == ("ready", None)

        witness.let_go()
        said = await Terminal(settings)("recover", "-o", "json")
        assert (said.code, said.json()["jobs"]) == (0, [{"job": unique, "agent": agent, "is": "recovered"}])
        assert (await answered_by_the_witness(longhaul, unique, witness)).status == "completed"
        await verified(longhaul, unique, behind, last)
    assert [effect["tool"] for effect in witness.effects()].count("held") == 1
    assert not witness.repeated()
    assert len(witness.effects()) == 4


@pytest.mark.usefixtures("worker")
async def test_while_it_waits_for_a_person(settings: Settings, witness: Witness, unique: str) -> None:
    agent, other = f"agent-{unique}", f"{unique}-other"
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "guarded"))
        request = (await waits(longhaul, unique)).requests[0]
        await longhaul.temporal.get_workflow_handle(f"job/{unique}").terminate("by mistake")
        await longhaul.start(toy(other, "keyed", agent=agent))
        assert (await ended(longhaul, other)).status == "completed"
        assert (await Terminal(settings)("recover")).code == 0
        await longhaul.say(unique, "approve", {"by": "ann", "request": request.id}, patience=20)
        assert (await ended(longhaul, unique)).status == "completed"
    assert not witness.repeated()


@pytest.mark.usefixtures("worker")
async def test_before_it_was_granted_what_it_waited_for(settings: Settings, witness: Witness, unique: str) -> None:
    """It is ready for the turn when the agent looks, and nobody is there to take it: it is passed over."""
    agent, holder, other = f"agent-{unique}", f"{unique}-holder", f"{unique}-other"
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "guarded"))
        request = (await waits(longhaul, unique)).requests[0]
        await longhaul.start(toy(holder, "held", agent=agent))
        await until(witness.effects)
        await longhaul.say(unique, "approve", {"by": "ann", "request": request.id}, patience=20)
        await until(lambda: _has_status(longhaul, unique, "ready"))
        await longhaul.temporal.get_workflow_handle(f"job/{unique}").terminate("by mistake")
        await longhaul.start(toy(other, "keyed", agent=agent))
        witness.let_go()
        for job in (holder, other):
            assert (await ended(longhaul, job)).status == "completed"
        await longhaul.start(toy(unique, "guarded"))
        assert (await ended(longhaul, unique)).status == "completed"
    assert len(witness.effects()) == 3


async def _has_status(longhaul: Longhaul, job: str, status: str) -> bool:
    return str((await longhaul.row(job))["status"]) == status
