"""One job of an agent works at a time; agents do not wait for each other; a job that waits gives its turn back."""

from itertools import pairwise

from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, toy, waits
from tests.workflows.conftest import World


async def test_a_job_that_waits_for_a_person_gives_its_turn_to_the_next(world: World, unique: str) -> None:
    first, second, agent = f"{unique}-1", f"{unique}-2", f"agent-{unique}"
    await world.longhaul.start(toy(first, "guarded", agent=agent))
    asked = (await waits(world.longhaul, first)).requests[0]
    await world.longhaul.start(toy(second, "keyed", agent=agent))
    assert (await ended(world.longhaul, second)).status == "completed"
    assert (await world.longhaul.state(first)).status == "waiting"
    await world.longhaul.say(first, "approve", {"by": "ann", "request": asked.id})
    assert (await ended(world.longhaul, first)).status == "completed"


async def test_one_job_of_an_agent_works_at_a_time_by_priority_and_age(world: World, unique: str) -> None:
    agent = f"agent-{unique}"
    names = {"a": 0, "b": 0, "c": 5}
    for name, priority in names.items():
        items = [f"keyed:{number}" for number in range(4)]
        await world.longhaul.start(toy(f"{unique}-{name}", *items, agent=agent, priority=priority))
    for name in names:
        await ended(world.longhaul, f"{unique}-{name}")
    spans = sorted([(*await _span(world.longhaul, f"{unique}-{name}"), name) for name in names])
    assert all(one[1] <= next_[0] for one, next_ in pairwise(spans)), "their work does not overlap"
    assert [name for _, _, name in spans] in (["a", "c", "b"], ["c", "a", "b"])


async def _span(longhaul: Longhaul, job: str) -> tuple[float, float]:
    timeline = await longhaul.timeline(job)
    return next(at for _, at, event in timeline if event.type == "TurnTaken"), timeline[-1][1]


async def test_agents_do_not_wait_for_each_other(world: World, unique: str) -> None:
    jobs = [f"{unique}-{number}" for number in range(3)]
    for job in jobs:
        await world.longhaul.start(toy(job, "guarded"))
    for job in jobs:
        await waits(world.longhaul, job)


async def test_the_same_request_twice_is_one_job(world: World, unique: str) -> None:
    for _ in range(2):
        await world.longhaul.start(toy(unique, "keyed"))
    await ended(world.longhaul, unique)
    assert len(world.witness.effects()) == 1
    assert [event.type for event in await events(world.longhaul, unique)].count("JobRequested") == 1


async def test_an_agent_without_open_jobs_rests_and_is_woken_by_the_next_request(world: World, unique: str) -> None:
    agent = f"agent-{unique}"
    await world.longhaul.start(toy(f"{unique}-1", "pure", agent=agent))
    await ended(world.longhaul, f"{unique}-1")
    handle = world.longhaul.temporal.get_workflow_handle(f"agent/{agent}")

    async def rests() -> bool:
        status = (await handle.describe()).status
        return status is not None and status.name == "COMPLETED"

    await until(rests)
    await world.longhaul.start(toy(f"{unique}-2", "pure", agent=agent))
    assert (await ended(world.longhaul, f"{unique}-2")).status == "completed"
