"""Postgres restored from an older backup: the job stops and asks, and writes nothing over the gap."""

from domain.spoken import JobResumed
from starter.client import Longhaul
from stores.postgres import Pool, reading
from tests.conftest import until
from tests.support.jobs import ended, events, toy, waits
from tests.workflows.conftest import World
from workflows.face import JOB_STATUS


async def test_it_stops_and_goes_on_when_a_person_says_so(world: World, owners_pool: Pool, unique: str) -> None:
    await world.longhaul.start(toy(unique, "keyed", "guarded"))
    await waits(world.longhaul, unique)
    kept = (await events(world.longhaul, unique))[:-2]
    async with reading(owners_pool) as connection:
        lost = (f"job/{unique}", len(kept))
        await connection.execute("delete from agent_events where stream = %s and version > %s", lost)
        await connection.execute("delete from outbox where stream = %s and version > %s", lost)
    handle = world.longhaul.temporal.get_workflow_handle(f"job/{unique}")
    await handle.signal("inform", {"by": "ann", "text": "hello"})
    await until(lambda: _is_behind(world.longhaul, unique))
    assert await events(world.longhaul, unique) == kept
    told = await world.longhaul.say(unique, "resume", {"by": "ann", "why": "go on from here"}, patience=20)
    assert isinstance(told.event, JobResumed), "as a person is told by `longhaul resume`"
    asked = (await waits(world.longhaul, unique)).requests[0]
    await world.longhaul.say(unique, "approve", {"by": "ann", "request": asked.id})
    state = await ended(world.longhaul, unique)
    assert state.status == "completed"
    assert [said.text for said in state.information] == ["hello"]


async def _is_behind(longhaul: Longhaul, job: str) -> bool:
    described = await longhaul.temporal.get_workflow_handle(f"job/{job}").describe()
    return described.typed_search_attributes.get(JOB_STATUS) == "journal_behind"
