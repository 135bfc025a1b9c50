"""Whatever is sent to a workflow, it goes on: what can be kept is recorded as refused, the next message is heard."""

import json
from datetime import timedelta

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import RawValue

from domain.errors import Refused
from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents, running

GARBAGE = {
    "a nul": {"by": "ann", "text": "a\x00b"},
    "too long": {"by": "ann", "text": "x" * 5000},
    "far too long": {"by": "ann", "text": "x" * 300_000},
    "nobody": {"by": "", "text": "x"},
    "a person of many lines": {"by": "ann\nbob", "text": "x"},
    "an id that is no text": {"by": "ann", "text": "", "message_id": {"a": [1]}},
    "an id of nul": {"by": "ann", "text": "", "message_id": "\x00"},
    "a kind of its own": {"by": "ann", "kind": "cancel"},
    "a time of its own": {"by": "ann", "at": "yesterday"},
    "deep": {"by": "ann", "text": [[[[[[[[[[{}]]]]]]]]]]},
    "not a number": {"by": "ann", "text": float("nan")},
}


async def _one(world: World, job: str) -> WorkflowHandle[object, object]:
    await world.longhaul.start(toy(job, "guarded"))
    await waits(world.longhaul, job)
    return world.longhaul.temporal.get_workflow_handle(f"job/{job}")


async def _still_hears(world: World, job: str) -> None:
    """The job answers, and comes to its end."""
    asked = (await waits(world.longhaul, job)).requests[0]
    await world.longhaul.say(job, "approve", {"by": "ann", "request": asked.id}, patience=10)
    assert (await ended(world.longhaul, job, 15)).status == "completed"


async def _refused(world: World, job: str, count: int = 1) -> bool:
    return len(of_type(await events(world.longhaul, job), "MessageRefused")) >= count


@pytest.mark.parametrize("said", GARBAGE.values(), ids=GARBAGE)
async def test_a_signal(said: object, world: World, unique: str) -> None:
    handle = await _one(world, unique)
    await handle.signal("tell", said)
    await until(lambda: _refused(world, unique), 10)
    assert (await world.longhaul.state(unique)).revision == 1
    await _still_hears(world, unique)


@pytest.mark.parametrize("said", GARBAGE.values(), ids=GARBAGE)
async def test_an_update_is_refused_with_the_reason(said: dict[str, object], world: World, unique: str) -> None:
    handle = await _one(world, unique)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("tell", said, rpc_timeout=timedelta(seconds=10))
    assert "not a valid message" in str(refused.value.cause)
    await _still_hears(world, unique)


@pytest.mark.parametrize("kind", ["approve", "reject", "answer"])
@pytest.mark.parametrize("request_id", [0, -1, 10**12, 10**40, "one", None, 1.5, True])
async def test_a_number_of_no_request(kind: str, request_id: object, world: World, unique: str) -> None:
    handle = await _one(world, unique)
    said = {"by": "ann", "request": request_id}
    await handle.signal(kind, {**said, "text": "x"} if kind == "answer" else said)
    await until(lambda: _refused(world, unique), 10)
    await _still_hears(world, unique)


@pytest.mark.parametrize("args", [[1, 2], [{"by": "ann", "text": "x"}, "more"]])
async def test_a_signal_of_too_many_arguments(args: list[object], world: World, unique: str) -> None:
    handle = await _one(world, unique)
    await handle.signal("tell", args=args)
    await _still_hears(world, unique)


async def test_a_signal_without_argument_and_one_that_nobody_knows(world: World, unique: str) -> None:
    handle = await _one(world, unique)
    await handle.signal("tell")
    await handle.signal("dance", {"by": "ann"})
    await until(lambda: _refused(world, unique), 10)
    await _still_hears(world, unique)


@pytest.mark.parametrize("args", [[None], [7], [{}], [{"job": "../x"}], [], [1, 2]], ids=repr)
async def test_a_job_request_of_garbage(args: list[object], world: World, unique: str) -> None:
    """The agent's workflow takes the next good request."""
    agent = f"agent-{unique}"
    await world.longhaul.start(toy(unique, "guarded", agent=agent))
    await waits(world.longhaul, unique)
    await world.longhaul.temporal.get_workflow_handle(f"agent/{agent}").signal("request_job", args=args)
    await world.longhaul.start(toy(f"{unique}-2", "pure", agent=agent))
    assert (await ended(world.longhaul, f"{unique}-2", 20)).status == "completed"


async def test_a_goal_that_postgres_cannot_keep_stops_no_other_job(world: World, unique: str) -> None:
    agent = f"agent-{unique}"
    await world.longhaul.start(toy(unique, "guarded", agent=agent))
    await waits(world.longhaul, unique)
    bad = toy(f"{unique}-bad", "pure", agent=agent).model_dump(mode="json")
    handle = world.longhaul.temporal.get_workflow_handle(f"agent/{agent}")
    await handle.signal("request_job", {**bad, "goal": "a\x00b"})
    await handle.signal("request_job", {**bad, "inputs": {"items": ["a\x00b"]}})
    await world.longhaul.start(toy(f"{unique}-2", "pure", agent=agent))
    assert (await ended(world.longhaul, f"{unique}-2", 20)).status == "completed"


def _raw(data: bytes, encoding: bytes = b"json/plain") -> RawValue:
    return RawValue(Payload(metadata={"encoding": encoding}, data=data))


@pytest.mark.parametrize(
    "raw",
    [
        _raw(json.dumps({"by": "ann", "text": "\ud800"}).encode()),
        _raw(b"{"),
        _raw(b"\xff\xfe"),
        _raw(b"", b"binary/encrypted"),
        _raw(b"NaN"),
        _raw(b'{"by": "ann", "text": "x", "text": ""}'),
    ],
    ids=["surrogate", "half", "no text", "encrypted", "nan", "twice"],
)
@pytest.mark.parametrize("kind", ["tell", "approve"])
async def test_a_signal_that_is_no_json(kind: str, raw: RawValue, world: World, unique: str) -> None:
    """What the SDK itself cannot read never reaches the job; the job goes on."""
    handle = await _one(world, unique)
    await handle.signal(kind, raw)
    await _still_hears(world, unique)


async def test_what_is_said_after_the_end_is_recorded_as_refused(
    settings: Settings, agents: Agents, witness: Witness, unique: str
) -> None:
    """With no worker up: a cancel, and more messages than one batch takes, so that the end comes between them."""
    async with Longhaul.connect(settings) as longhaul:
        async with running(settings, agents):
            await longhaul.start(toy(unique, "guarded"))
            await waits(longhaul, unique)
        handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")
        await handle.signal("cancel", {"by": "ann", "message_id": "c"})
        for number in range(150):
            await handle.signal("inform", {"by": "ann", "text": f"note {number}", "message_id": f"m{number}"})
        async with running(settings, agents):
            await handle.result()
        happened = await events(longhaul, unique)
    end = next(n for n, event in enumerate(happened) if event.type == "JobCancelled")
    assert len(of_type(happened[:end], "InformationGiven")) == 99
    assert len(of_type(happened[end:], "MessageRefused")) == 51
    assert {getattr(event, "why", "") for event in happened[end + 1 :]} == {"the job has ended (cancelled)"}
    assert not witness.effects()


async def test_what_is_said_to_a_closed_workflow_is_refused(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "pure"))
    await ended(world.longhaul, unique)
    await world.longhaul.temporal.get_workflow_handle(f"job/{unique}").result()
    for kind in ("tell", "inform", "pause", "resume", "cancel"):
        with pytest.raises(Refused, match="completed"):
            await world.longhaul.say(unique, kind, {"by": "ann", "text": "late"})
