"""Postgres restored from an older backup: the job stops and asks, and writes nothing over the gap."""

import pytest

from domain.errors import Refused
from starter import losses
from starter.client import Longhaul
from stores.postgres import EVERY_AGENT, Pool, transaction
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, verified, waits
from tests.workflows.conftest import World
from workflows.face import BEHIND, JOB_STATUS


async def _lose_the_last(pool: Pool, job: str, longhaul: Longhaul, count: int) -> int:
    """The journal's last events are gone; returns how many are left."""
    left = len(await events(longhaul, job)) - count
    async with transaction(pool, EVERY_AGENT) as connection:
        for table in ("agent_events", "outbox"):
            lost = f"delete from {table} where stream = %s and version > %s"
            await connection.execute(lost.encode(), (f"job/{job}", left))
    return left


async def test_it_goes_on_when_a_person_accepts_the_loss(world: World, owners_pool: Pool, unique: str) -> None:
    longhaul = world.longhaul
    await longhaul.start(toy(unique, "keyed", "guarded"))
    await waits(longhaul, unique)
    left = await _lose_the_last(owners_pool, unique, longhaul, 2)
    kept = await events(longhaul, unique)
    handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")
    await handle.signal("inform", {"by": "ann", "text": "hello"})
    await until(lambda: _is_behind(longhaul, unique))
    for kind in ("resume", "tell", "approve"):
        with pytest.raises(Refused, match="lacks a row"):
            await longhaul.say(unique, kind, {"by": "ann", "text": "x", "request": 1})
    await handle.signal("look")
    assert await events(longhaul, unique) == kept

    [loss] = await losses.losses(longhaul)
    assert (loss.job, loss.journal, loss.seen.head.version) == (unique, left, left + 2)
    await losses.accept(longhaul, loss, "ann")
    await losses.accept(longhaul, loss, "bob")
    asked = (await waits(longhaul, unique)).requests[0]
    assert not await _is_behind(longhaul, unique)
    await longhaul.say(unique, "approve", {"by": "ann", "request": asked.id})
    state = await ended(longhaul, unique)
    assert state.status == "completed"
    assert [said.text for said in state.information][-1] == "hello"
    assert [getattr(event, "by", "") for event in of_type(await events(longhaul, unique), "LossAccepted")] == ["ann"]
    assert await losses.losses(longhaul) == []
    await verified(longhaul, unique)


async def test_a_cancellation_is_heard_before_anything_else_is_done(
    world: World, owners_pool: Pool, unique: str
) -> None:
    longhaul = world.longhaul
    await longhaul.start(toy(unique, "guarded"))
    await waits(longhaul, unique)
    await longhaul.say(unique, "inform", {"by": "ann", "text": "hello"})
    await _lose_the_last(owners_pool, unique, longhaul, 1)
    handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")
    await handle.signal("look")
    await until(lambda: _is_behind(longhaul, unique))
    await handle.signal("cancel", {"by": "ann", "why": "never mind"})
    [loss] = await losses.losses(longhaul)
    await losses.accept(longhaul, loss, "ann")
    assert (await ended(longhaul, unique)).status == "cancelled"
    assert not world.witness.effects()


async def _is_behind(longhaul: Longhaul, job: str) -> bool:
    described = await longhaul.temporal.get_workflow_handle(f"job/{job}").describe()
    return described.typed_search_attributes.get(JOB_STATUS) == BEHIND
