"""SIGKILL at every named crash point, for every effect, and at random: nothing is repeated, nothing is lost."""

import asyncio
import random

import pytest

from domain.errors import Refused
from domain.head import Head
from settings import Settings
from starter.client import Longhaul
from stores import journal
from stores.postgres import Pool, reading
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.support.people import answered_by_the_witness
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness

POINTS = ("before_call", "after_call", "before_effect", "after_effect", "after_outcome")
EFFECTS = ("pure", "transactional", "keyed", "lookup")


async def _verified(pool: Pool, *jobs: str) -> None:
    async with reading(pool) as connection:
        for job in jobs:
            await journal.verify(connection, f"job/{job}")


async def _kept(pool: Pool) -> list[str]:
    async with reading(pool) as connection:
        return [row[0] for row in await (await connection.execute("select key from toys")).fetchall()]


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at(
    point: str, settings: Settings, pool: Pool, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    """One job through all effects that can be settled without a person; the worker dies once at the point, in each."""
    assert settings.crash_points is not None
    armed = settings.crash_points / f"{point}.kill"
    async with Longhaul.connect(settings) as longhaul:
        for effect in EFFECTS:
            job = f"{unique}-{effect}"
            armed.touch()
            await longhaul.start(toy(job, effect))
            await until(worker.fell, 30)
            worker.start()
            state = await ended(longhaul, job)
            assert state.status == "completed", await events(longhaul, job)
            calls = of_type(await events(longhaul, job), "ToolCalled", "ToolReturned")
            assert [call.type for call in calls] == ["ToolCalled", "ToolReturned"]
    assert not witness.repeated()
    assert len({effect["key"] for effect in witness.effects()}) == 2
    assert len(await _kept(pool)) == 1
    await _verified(pool, *(f"{unique}-{effect}" for effect in EFFECTS))


@pytest.mark.parametrize(
    ("point", "verdict", "sends"),
    [
        ("after_call", "again", 1),
        ("before_effect", "again", 1),
        ("after_effect", "again", 2),
        ("after_effect", "sent", 1),
        ("after_effect", "skip", 1),
        ("before_effect", "skip", 0),
    ],
)
async def test_a_call_that_can_neither_be_repeated_nor_asked_about_goes_to_a_person(
    point: str, verdict: str, sends: int, settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    assert settings.crash_points is not None
    (settings.crash_points / f"{point}.kill").touch()
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "once"))
        await until(worker.fell, 30)
        worker.start()
        asked = (await waits(longhaul, unique)).requests[0]
        assert asked.kind == "unknown_outcome"
        with pytest.raises(Refused, match="sent, again, skip"):
            await longhaul.say(unique, "answer", {"by": "ann", "request": asked.id, "text": "perhaps"})
        await longhaul.say(unique, "answer", {"by": "ann", "request": asked.id, "text": verdict})
        state = await ended(longhaul, unique)
    assert state.status == "completed"
    assert len(witness.effects()) == sends
    assert not witness.repeated(), "sending again is a new call with a new key"
    assert [item.status for item in state.todo] == ([] if verdict == "skip" else ["completed"])


@pytest.mark.parametrize("point", ["before_call", "after_outcome"])
async def test_a_call_that_is_in_no_doubt_asks_nobody(
    point: str, settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    assert settings.crash_points is not None
    (settings.crash_points / f"{point}.kill").touch()
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "once"))
        await until(worker.fell, 30)
        worker.start()
        assert (await ended(longhaul, unique)).status == "completed"
        assert not of_type(await events(longhaul, unique), "OutcomeUnknown")
    assert len(witness.effects()) == 1


async def test_killed_at_random_with_calls_that_can_neither_be_repeated_nor_asked_about(
    settings: Settings, pool: Pool, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    """A person looks at what went out, and answers by that: each item goes out once."""
    chance = random.Random(unique)
    jobs = [f"{unique}-{number}" for number in range(4)]
    items = [f"once:{number}" for number in range(8)]
    async with Longhaul.connect(settings) as longhaul:
        for job in jobs:
            await longhaul.start(toy(job, *items))
        for _ in range(4):
            before = await _versions(longhaul, jobs)
            await until(lambda before=before: _moved(longhaul, jobs, before), 30)
            await asyncio.sleep(chance.random() / 2)
            worker.kill()
            worker.start()
        states = [await answered_by_the_witness(longhaul, job, witness) for job in jobs]
    assert {state.status for state in states} == {"completed"}
    went_out = [(effect["tool"], effect["key"].rpartition("/")[0]) for effect in witness.effects()]
    assert sorted(went_out) == sorted((item, job) for item in items for job in jobs)
    await _verified(pool, *jobs)


async def test_killed_at_random(
    settings: Settings, pool: Pool, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    """Four jobs at once, six kills at random moments."""
    chance = random.Random(unique)
    jobs = [f"{unique}-{number}" for number in range(4)]
    items = [f"{effect}:{number}" for number in range(5) for effect in EFFECTS]
    async with Longhaul.connect(settings) as longhaul:
        for job in jobs:
            await longhaul.start(toy(job, *items))
        for _ in range(6):
            before = await _versions(longhaul, jobs)
            await until(lambda before=before: _moved(longhaul, jobs, before), 30)
            await asyncio.sleep(chance.random() / 2)
            worker.kill()
            worker.start()
        states = [await ended(longhaul, job, 90) for job in jobs]
    assert {state.status for state in states} == {"completed"}
    assert all(len(state.todo) == len(items) for state in states)
    assert not witness.repeated()
    kept = await _kept(pool)
    assert len(kept) == len(set(kept)) == 5 * len(jobs)
    await _verified(pool, *jobs)


async def _versions(longhaul: Longhaul, jobs: list[str]) -> int:
    return sum([(await longhaul.jobs.find(job, Head())).state.version for job in jobs])


async def _moved(longhaul: Longhaul, jobs: list[str], before: int) -> bool:
    return await _versions(longhaul, jobs) > before or all(
        [(await longhaul.jobs.find(job, Head())).state.end for job in jobs]
    )
