"""A job whose history grows long goes on in a new run: under a storm of messages, with updates open, with its keys."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from settings import Settings
from stack import local
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, verified, waits
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents, running

FLAGS = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=50")


@pytest.fixture(scope="module")
def impatient() -> Iterator[str]:
    """The address of a Temporal server that wants a new run after 50 events of history."""
    home = Path(tempfile.mkdtemp(prefix="longhaul-impatient-", dir="/var/tmp"))
    home.chmod(0o755)
    settings = Settings(home=home)
    try:
        address = local.start_one(settings, "temporal", lambda text: None, temporal_flags=FLAGS).temporal_address
        assert address is not None
        yield address
    finally:
        local.down(settings, lambda text: None)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
async def world(settings: Settings, agents: Agents, witness: Witness, impatient: str) -> AsyncIterator[World]:
    there = settings.model_copy(update={"temporal_address": impatient})
    async with running(there, agents), Longhaul.connect(there) as longhaul:
        yield World(longhaul, witness)


async def _runs(longhaul: Longhaul, job: str) -> int:
    found = longhaul.temporal.list_workflows(f"WorkflowId = 'job/{job}'")
    return len([run async for run in found])


async def test_a_storm_over_many_runs_loses_and_doubles_none(world: World, unique: str) -> None:
    """300 signals, every tenth at once again and every thirtieth once more in a later run; work goes on meanwhile."""
    items = [f"{effect}:{number}" for number in range(4) for effect in ("keyed", "lookup", "once", "transactional")]
    longhaul = world.longhaul
    await longhaul.start(toy(unique, *items, "guarded"))
    await until(world.witness.effects)
    handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")

    async def storm(numbers: range) -> None:
        for number in numbers:
            said = {"message_id": f"m{number}", "by": "ann", "text": f"note {number}"}
            for _ in range(2 if number % 10 == 0 else 1):
                await handle.signal("inform", said)

    await asyncio.gather(*(storm(range(start, 300, 6)) for start in range(6)))
    await until(lambda: _informed(longhaul, unique, 300), 40)
    await storm(range(0, 300, 30))
    asked = (await waits(longhaul, unique)).requests[0]
    await longhaul.say(unique, "approve", {"by": "ann", "request": asked.id})
    state = await ended(longhaul, unique)
    happened = await events(longhaul, unique)
    texts = [getattr(event, "text", "") for event in of_type(happened, "InformationGiven")]
    heard = [place for place, event in enumerate(happened) if event.type == "InformationGiven"]
    assert of_type(happened[heard[0] : heard[-1]], "ToolReturned"), "work went on during the storm"
    assert state.status == "completed"
    assert sorted(texts) == sorted(f"note {number}" for number in range(300))
    assert not world.witness.repeated()
    assert len(world.witness.effects()) == 4 * 3 + 1
    await verified(longhaul, unique)
    await until(lambda: _in_runs(longhaul, unique, 4))


async def _informed(longhaul: Longhaul, job: str, count: int) -> bool:
    return len((await longhaul.state(job)).information) >= count


async def _in_runs(longhaul: Longhaul, job: str, at_least: int) -> bool:
    return await _runs(longhaul, job) >= at_least


async def test_updates_are_answered_across_runs(world: World, unique: str) -> None:
    """Eighty `tell`s, eight at a time, each answered with a revision of its own."""
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)

    async def tell(numbers: range) -> list[int]:
        said = [{"by": "ann", "text": f"add pure:{number}", "message_id": f"u{number}"} for number in numbers]
        told = [await world.longhaul.say(unique, "tell", each, patience=30) for each in said]
        return [getattr(each.event, "revision", 0) for each in told]

    revisions = await asyncio.gather(*(tell(range(start, 80, 8)) for start in range(8)))
    assert sorted(number for each in revisions for number in each) == list(range(2, 82))
    assert (await world.longhaul.state(unique)).revision == 81
    await until(lambda: _in_runs(world.longhaul, unique, 2))


async def test_a_pause_without_an_id_counts_in_each_run(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)
    handle = world.longhaul.temporal.get_workflow_handle(f"job/{unique}")
    for count in range(1, 7):
        for kind in ("pause", "resume"):
            await handle.signal(kind, {"by": "ann"})
        await until(lambda count=count: _resumed(world.longhaul, unique, count))
    await until(lambda: _in_runs(world.longhaul, unique, 2))
    assert not of_type(await events(world.longhaul, unique), "MessageRefused")


async def _resumed(longhaul: Longhaul, job: str, count: int) -> bool:
    return len(of_type(await events(longhaul, job), "JobResumed")) == count


async def test_an_agent_goes_on_in_new_runs_with_its_queue(world: World, unique: str) -> None:
    agent = f"agent-{unique}"
    jobs = [f"{unique}-{number}" for number in range(12)]
    for job in jobs:
        await world.longhaul.start(toy(job, "keyed", agent=agent))
    for job in jobs:
        assert (await ended(world.longhaul, job)).status == "completed"
    assert len(world.witness.effects()) == len(jobs)
