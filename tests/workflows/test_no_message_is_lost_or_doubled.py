"""What people say is recorded once, refused with a reason, or waits safely: never dropped."""

import asyncio
from collections.abc import Sequence

import pytest
from pydantic import JsonValue

from domain.errors import NotHeard, Refused
from domain.head import Head
from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.workflows.conftest import World
from worker import Agents, running


async def test_a_repeated_signal_is_recorded_once(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)
    handle = world.longhaul.temporal.get_workflow_handle(f"job/{unique}")
    for _ in range(3):
        await handle.signal("tell", {"message_id": "m1", "by": "ann", "text": "add pure:x"})
    told = await world.longhaul.say(unique, "tell", {"message_id": "m1", "by": "ann", "text": "add pure:x"})
    assert told.event is not None
    assert told.event.type == "RequirementChanged"
    await until(lambda: _revision(world, unique, 2))
    assert len(of_type(await events(world.longhaul, unique), "RequirementChanged")) == 1


async def _revision(world: World, job: str, revision: int) -> bool:
    return (await world.longhaul.state(job)).revision == revision


async def test_a_storm_of_messages_loses_and_doubles_none_and_work_goes_on(world: World, unique: str) -> None:
    """300 messages, a tenth of them twice, while the job works: people and moves alternate."""
    items = [f"keyed:{number}" for number in range(12)]
    await world.longhaul.start(toy(unique, *items, "guarded"))
    await until(world.witness.effects)
    handle = world.longhaul.temporal.get_workflow_handle(f"job/{unique}")

    async def storm(numbers: range) -> None:
        for number in numbers:
            said = {"message_id": f"m{number}", "by": "ann", "text": f"note {number}"}
            await handle.signal("inform", said)
            if number % 10 == 0:
                await handle.signal("inform", said)

    await asyncio.gather(*(storm(range(start, 300, 6)) for start in range(6)))
    await until(lambda: _informed(world, unique, 300))
    happened = await events(world.longhaul, unique)
    texts = [getattr(event, "text", "") for event in of_type(happened, "InformationGiven")]
    assert sorted(texts) == sorted(f"note {number}" for number in range(300))
    first, last = (next(n for n in order if happened[n].type == "InformationGiven") for order in _both_ways(happened))
    assert of_type(happened[first:last], "ToolReturned"), "work went on during the storm"


def _both_ways(happened: Sequence[object]) -> tuple[range, range]:
    return range(len(happened)), range(len(happened) - 1, -1, -1)


async def _informed(world: World, job: str, count: int) -> bool:
    return len((await world.longhaul.state(job)).information) >= count


@pytest.mark.parametrize(
    "said", [None, 7, [], {}, {"text": ""}, {"text": "x", "colour": "red"}, {"text": 5, "by": "ann"}]
)
async def test_what_does_not_parse_is_recorded_as_refused(said: object, world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)
    handle = world.longhaul.temporal.get_workflow_handle(f"job/{unique}")
    await handle.signal("tell", said)
    await until(lambda: _refused(world, unique))
    state = await world.longhaul.state(unique)
    assert state.revision == 1
    assert state.status == "waiting"


async def _refused(world: World, job: str) -> bool:
    return bool(of_type(await events(world.longhaul, job), "MessageRefused"))


async def test_an_update_that_would_change_nothing_is_refused_with_the_reason(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)
    with pytest.raises(Refused, match="the job is not paused"):
        await world.longhaul.say(unique, "resume", {"by": "ann"})
    with pytest.raises(Refused, match="not a valid message"):
        await world.longhaul.say(unique, "tell", {"by": "ann", "text": ""})
    assert not of_type(await events(world.longhaul, unique), "MessageRefused")


async def test_a_message_to_a_job_without_a_worker_waits_and_is_recorded(
    settings: Settings, agents: Agents, unique: str
) -> None:
    async with Longhaul.connect(settings) as longhaul:
        async with running(settings, agents):
            await longhaul.start(toy(unique, "guarded"))
            await waits(longhaul, unique)
        told = await longhaul.say(unique, "tell", {"by": "ann", "text": "add pure:later"}, patience=1)
        assert told.event is None
        async with running(settings, agents):
            await until(lambda: _has_revision(longhaul, unique))


async def _has_revision(longhaul: Longhaul, job: str) -> bool:
    return (await longhaul.jobs.find(job, Head())).state.revision == 2


async def test_an_update_sent_twice_is_answered_twice_and_recorded_once(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)
    said = {"message_id": "same", "by": "ann", "text": "add pure:x"}
    first = await world.longhaul.say(unique, "tell", said)
    second = await world.longhaul.say(unique, "tell", said)
    assert first.event == second.event
    assert (await world.longhaul.state(unique)).revision == 2


async def test_pauses_sent_by_hand_without_an_id_all_count(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)
    handle = world.longhaul.temporal.get_workflow_handle(f"job/{unique}")
    for kind in ("pause", "resume", "pause"):
        await handle.signal(kind, {"by": "ann"})
    await until(lambda: _paused_twice(world, unique))
    await handle.signal("resume", {"by": "ann"})
    asked = (await world.longhaul.state(unique)).requests[0]
    await world.longhaul.say(unique, "approve", {"by": "ann", "request": asked.id})
    assert (await ended(world.longhaul, unique)).status == "completed"


async def _paused_twice(world: World, job: str) -> bool:
    return len(of_type(await events(world.longhaul, job), "JobPaused")) == 2


async def test_what_nobody_can_hear_now_may_be_said_again(world: World, unique: str) -> None:
    """An open job whose workflow is lost: it is no refusal, and the same message is taken once the job runs again."""
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)
    await world.longhaul.temporal.get_workflow_handle(f"job/{unique}").terminate("lost")
    said = {"by": "ann", "text": "keyed", "message_id": "m1"}
    with pytest.raises(NotHeard, match="longhaul recover"):
        await world.longhaul.say(unique, "tell", said)
    await world.longhaul.recover(f"agent-{unique}")
    await until(lambda: world.longhaul.runs(unique))
    told = await world.longhaul.say(unique, "tell", said, patience=20)
    assert told.event is not None


async def test_a_consent_that_is_said_again_is_told_as_recorded(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded", "guarded:2"))
    asked = (await waits(world.longhaul, unique)).requests[0]
    said: dict[str, JsonValue] = {"by": "ann", "request": asked.id, "message_id": "m1"}
    first = await world.longhaul.say(unique, "approve", said, patience=20)
    await until(lambda: _asks_again(world, unique, asked.id))
    assert await world.longhaul.say(unique, "approve", said, patience=20) == first
    with pytest.raises(Refused, match="no open approval"):
        await world.longhaul.say(unique, "approve", {**said, "message_id": "m2"}, patience=20)


async def _asks_again(world: World, job: str, after: int) -> bool:
    return any(request.id > after for request in (await world.longhaul.state(job)).requests)


async def test_what_was_recorded_before_its_job_ended_is_told_as_recorded(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    asked = (await waits(world.longhaul, unique)).requests[0]
    said: dict[str, JsonValue] = {"by": "ann", "request": asked.id, "message_id": "m1"}
    first = await world.longhaul.say(unique, "approve", said, patience=20)
    await ended(world.longhaul, unique)
    await world.longhaul.temporal.get_workflow_handle(f"job/{unique}").result()
    assert await world.longhaul.say(unique, "approve", said) == first
    with pytest.raises(Refused, match="completed"):
        await world.longhaul.say(unique, "approve", {**said, "message_id": "m2"})
