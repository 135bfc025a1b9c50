"""A cancelled job has settled what it had begun, and begins nothing more."""

import asyncio

import pytest
from temporalio.service import RPCError

from agents.tools.tool import Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import NotFound
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.support.toys import Toy, ToyArgs, toy_tools
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents


@pytest.fixture
def gate() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
def agents(witness: Witness, gate: asyncio.Event) -> Agents:
    """`keyed` waits at the gate before its last check; `once` after its effect."""

    async def before(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        await _opened(gate)
        ctx.last_check()
        witness.applied("keyed", ctx.key)
        return ToolResult(text="sent")

    async def after(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        ctx.last_check()
        witness.applied("once", ctx.key)
        await _opened(gate)
        return ToolResult(text="sent")

    tools = toy_tools(witness, seconds=20)
    for name, effect, run in (("keyed", Effect.KEYED, before), ("once", Effect.ONCE, after)):
        tools[name] = Tool(name, effect, ToyArgs, run, lambda args: args.item, seconds=20)
    return Agents({"toy": Toy()}, tools)


async def _opened(gate: asyncio.Event) -> None:
    await until(gate.is_set)


async def _called(longhaul: Longhaul, job: str) -> bool:
    return bool(of_type(await events(longhaul, job), "ToolCalled"))


async def test_an_open_call_is_settled_first(world: World, gate: asyncio.Event, unique: str) -> None:
    await world.longhaul.start(toy(unique, "once", "pure"))
    await until(world.witness.effects)
    handle = world.longhaul.temporal.get_workflow_handle(f"job/{unique}")
    await handle.signal("cancel", {"by": "ann", "why": "enough"})
    gate.set()
    state = await ended(world.longhaul, unique)
    assert state.status == "cancelled"
    kinds = [event.type for event in await events(world.longhaul, unique)]
    assert kinds.index("ToolReturned") < kinds.index("CancelRequested")
    assert kinds.count("ToolCalled") == 1
    assert kinds[-1] == "JobCancelled"


async def test_with_now_a_call_that_has_not_been_sent_is_not_sent(
    world: World, gate: asyncio.Event, unique: str
) -> None:
    await world.longhaul.start(toy(unique, "keyed"))
    await until(lambda: _called(world.longhaul, unique))
    handle = world.longhaul.temporal.get_workflow_handle(f"job/{unique}")
    await handle.signal("cancel", {"by": "ann", "now": True})
    await asyncio.wait_for(_wished(world.longhaul, unique, gate), 20)
    state = await ended(world.longhaul, unique)
    assert state.status == "cancelled"
    failed = of_type(await events(world.longhaul, unique), "ToolFailed")
    assert [getattr(event, "kind", "") for event in failed] == ["cancelled"]
    assert not world.witness.effects()


async def _wished(longhaul: Longhaul, job: str, gate: asyncio.Event) -> None:
    """The gate opens once the cancellation has surely reached the activity: two heartbeats after the signal."""
    handle = longhaul.temporal.get_workflow_handle(f"job/{job}")

    async def requested() -> bool:
        pending = (await handle.describe()).raw_description.pending_activities
        return any(activity.state == 3 for activity in pending)  # PENDING_ACTIVITY_STATE_CANCEL_REQUESTED

    await until(requested)
    await asyncio.sleep(2 * longhaul.settings.heartbeat_seconds)
    gate.set()


async def test_with_now_a_call_whose_effect_has_begun_is_seen_through(
    world: World, gate: asyncio.Event, unique: str
) -> None:
    await world.longhaul.start(toy(unique, "once"))
    await until(world.witness.effects)
    handle = world.longhaul.temporal.get_workflow_handle(f"job/{unique}")
    await handle.signal("cancel", {"by": "ann", "now": True})
    await asyncio.wait_for(_wished(world.longhaul, unique, gate), 20)
    state = await ended(world.longhaul, unique)
    assert state.status == "cancelled"
    assert of_type(await events(world.longhaul, unique), "ToolReturned")
    assert len(world.witness.effects()) == 1


async def test_a_waiting_job_is_cancelled_at_once(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)
    await world.longhaul.say(unique, "cancel", {"by": "ann"})
    assert (await ended(world.longhaul, unique)).status == "cancelled"
    assert not world.witness.effects()


@pytest.mark.parametrize("moment", ["JobOpened", "TurnTaken", "ModelAnswered", "ToolCalled", "ApprovalRequested"])
async def test_cancelling_the_workflow_in_temporal_cancels_the_job(moment: str, world: World, unique: str) -> None:
    """Whatever it was waiting for: an activity that ends well although it was cancelled does not hide it."""
    await world.longhaul.start(toy(unique, "pure", "guarded"))
    await until(lambda: _has(world.longhaul, unique, moment))
    await world.longhaul.temporal.get_workflow_handle(f"job/{unique}").cancel()
    state = await ended(world.longhaul, unique)
    assert state.status == "cancelled"
    assert state.cancelled is not None
    assert state.cancelled.by == "Temporal"


async def test_cancelled_in_temporal_while_it_is_being_opened(world: World, unique: str) -> None:
    for number in range(10):
        job = f"{unique}-{number}"
        await world.longhaul.start(toy(job, "guarded"))
        await until(lambda job=job: _cancels(world.longhaul, job))
        state = await ended(world.longhaul, job)
        assert state.status == "cancelled"


async def _cancels(longhaul: Longhaul, job: str) -> bool:
    """Cancels the job's workflow; says whether it is there already."""
    try:
        await longhaul.temporal.get_workflow_handle(f"job/{job}").cancel()
    except RPCError:
        return False
    return True


async def _has(longhaul: Longhaul, job: str, event: str) -> bool:
    try:
        return bool(of_type(await events(longhaul, job), event))
    except NotFound:
        return False
