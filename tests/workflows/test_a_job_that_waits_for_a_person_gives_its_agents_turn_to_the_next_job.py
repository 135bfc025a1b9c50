"""One open approval blocks no agent: the next job works meanwhile. What then is approved comes before what is new."""

import asyncio

import pytest

from agents.tools.tool import Tool, ToolContext, ToolResult
from domain.answers import Effect
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.support.toys import Toy, ToyArgs, toy_tools
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents


class Door:
    """What `keyed` waits at, once it is shut."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.at_work: set[str] = set()


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def agents(witness: Witness, door: Door) -> Agents:
    async def works(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        door.at_work.add(ctx.job)
        await door.open.wait()
        door.at_work.remove(ctx.job)
        witness.applied(ctx.job, ctx.key)
        return ToolResult(text="worked")

    keyed = Tool("keyed", Effect.KEYED, ToyArgs, works, lambda args: args.item, seconds=60)
    return Agents({"toy": Toy()}, {**toy_tools(witness), "keyed": keyed})


async def test_the_next_job_works_while_one_waits(world: World, unique: str) -> None:
    agent, behind = f"agent-{unique}", f"{unique}-behind"
    await world.longhaul.start(toy(unique, "keyed", "guarded"))
    await waits(world.longhaul, unique)
    await world.longhaul.start(toy(behind, "keyed", "transactional", agent=agent))
    assert (await ended(world.longhaul, behind)).status == "completed"
    waiting = await world.longhaul.state(unique)
    assert (waiting.status, waiting.has_turn) == ("waiting", False)
    await world.longhaul.say(unique, "approve", {"by": "ann", "request": waiting.requests[0].id})
    assert (await ended(world.longhaul, unique)).status == "completed"
    assert len(of_type(await events(world.longhaul, unique), "TurnTaken")) == 2, (
        "it gave its turn back, and had another"
    )


async def test_what_was_approved_comes_before_what_is_new_and_after_what_works(
    world: World, door: Door, unique: str
) -> None:
    longhaul, agent = world.longhaul, f"agent-{unique}"
    working, new = f"{unique}-working", f"{unique}-new"
    await longhaul.start(toy(unique, "guarded", "keyed"))
    request = (await waits(longhaul, unique)).requests[0]
    door.open.clear()
    await longhaul.start(toy(working, "keyed", agent=agent))
    await until(lambda: door.at_work == {working})
    await longhaul.start(toy(new, "keyed", agent=agent, priority=100))
    await until(lambda: _is(world, new, "pending"))
    await longhaul.say(unique, "approve", {"by": "ann", "request": request.id})
    await until(lambda: _is(world, unique, "ready"))
    assert (door.at_work, (await longhaul.state(working)).status) == ({working}, "in_progress")
    door.open.set()
    for job in (unique, working, new):
        assert (await ended(longhaul, job)).status == "completed"
    order = [effect["tool"] for effect in world.witness.effects() if effect["tool"] != "guarded"]
    assert order == [working, unique, new]


async def _is(world: World, job: str, status: str) -> bool:
    return (await world.longhaul.tasks.job(job) or {}).get("status") == status
