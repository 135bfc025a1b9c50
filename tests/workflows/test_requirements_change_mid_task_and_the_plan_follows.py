"""A changed requirement becomes a revision, the plan follows, and what was asked for the old one is void."""

import pytest

from domain.errors import NotFound, Refused
from domain.spoken import ApprovalGranted, RequirementChanged
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.workflows.conftest import World


async def test_a_change_becomes_a_revision_and_the_plan_follows(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "keyed:a", "guarded", "pure:stale"))
    await waits(world.longhaul, unique)
    told = await world.longhaul.say(unique, "tell", {"by": "bob", "text": "drop pure:stale"})
    assert isinstance(told.event, RequirementChanged)
    assert told.event.revision == 2
    state = await waits(world.longhaul, unique)
    assert state.planned_revision == state.revision == 2
    assert [item.item for item in state.todo] == ["keyed:a", "guarded"]
    dropped = [d for event in await events(world.longhaul, unique) for d in getattr(event, "dropped", ())]
    assert [(d.item, d.why) for d in dropped] == [("pure:stale", "revision 2")]


async def test_an_open_approval_of_other_arguments_is_void(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    first = (await waits(world.longhaul, unique)).requests[0]
    await world.longhaul.say(unique, "tell", {"by": "bob", "text": "add pure:more"})
    second = (await waits(world.longhaul, unique)).requests[0]
    assert second.id != first.id
    assert second.args_hash != first.args_hash
    with pytest.raises(Refused, match="no open approval has the number"):
        await world.longhaul.say(unique, "approve", {"by": "bob", "request": first.id})
    assert not world.witness.effects()
    await world.longhaul.say(unique, "approve", {"by": "bob", "request": second.id})
    assert (await ended(world.longhaul, unique)).status == "completed"
    assert len(world.witness.effects()) == 1


async def test_an_approval_of_arguments_that_were_not_shown_is_refused(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    asked = (await waits(world.longhaul, unique)).requests[0]
    with pytest.raises(Refused, match="the arguments have changed"):
        await world.longhaul.say(unique, "approve", {"by": "bob", "request": asked.id, "args_hash": "0" * 64})
    told = await world.longhaul.say(unique, "approve", {"by": "bob", "request": asked.id, "args_hash": asked.args_hash})
    assert isinstance(told.event, ApprovalGranted)
    assert told.event.args_hash == asked.args_hash


async def test_a_denied_call_is_not_made(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded", "keyed:a"))
    asked = (await waits(world.longhaul, unique)).requests[0]
    await world.longhaul.say(unique, "reject", {"by": "bob", "request": asked.id, "why": "no"})
    state = await ended(world.longhaul, unique)
    assert state.status == "completed"
    assert [effect["tool"] for effect in world.witness.effects()] == ["keyed"]


async def test_information_changes_no_requirement(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    asked = (await waits(world.longhaul, unique)).requests[0]
    await world.longhaul.say(unique, "inform", {"by": "bob", "text": "by the way"})
    state = await waits(world.longhaul, unique)
    assert state.revision == 1
    assert [said.text for said in state.information] == ["by the way"]
    assert state.requests[0].id == asked.id


async def test_a_job_that_is_not_there_is_named_with_the_nearest(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "pure"))
    await ended(world.longhaul, unique)
    with pytest.raises(NotFound, match=unique):
        await world.longhaul.say(f"{unique}x", "tell", {"by": "bob", "text": "hello"})
    with pytest.raises(Refused, match="completed"):
        await world.longhaul.say(unique, "tell", {"by": "bob", "text": "too late"})
    assert not of_type(await events(world.longhaul, unique), "RequirementChanged")
