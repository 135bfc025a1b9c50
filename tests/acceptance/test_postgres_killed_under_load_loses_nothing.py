"""SIGKILL of the whole of Postgres under twenty running jobs: all end, all that was acknowledged stands."""

import asyncio
import contextlib
from typing import Any

from domain.errors import NotFound, Refused
from domain.events import JobEvent
from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import events, kept, of_type, toy, verified
from tests.support.own import Own
from tests.support.people import answered_by_the_witness
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness

JOBS = 20
EFFECTS = ("keyed", "lookup", "transactional", "once")
CALLS = [f"{effect}:{number}" for number in range(3) for effect in EFFECTS]
KILLS = 2


class Acknowledged:
    """What Postgres was seen to hold, and what people were told is recorded."""

    def __init__(self) -> None:
        self.events: dict[str, list[JobEvent]] = {}
        self.messages: dict[str, str] = {}

    async def look(self, longhaul: Longhaul, jobs: list[str]) -> None:
        for job in jobs:
            self.events[job] = await events(longhaul, job)

    async def speak(self, longhaul: Longhaul, jobs: list[str], name: str) -> None:
        """Informs one job after the other until it is cancelled."""
        for number in range(10_000):
            job, message = jobs[number % len(jobs)], f"{name}-{number}"
            with contextlib.suppress(NotFound, Refused):  # it has not begun yet, or has ended
                told = await longhaul.say(job, "inform", {"by": "ann", "text": "hello", "message_id": message})
                if told.event:
                    self.messages[message] = job

    async def stand(self, longhaul: Longhaul) -> None:
        """All of it is there."""
        for job, seen in self.events.items():
            now = await events(longhaul, job)
            assert now[: len(seen)] == seen
            heard = [getattr(event, "message_id", None) for event in now]
            for message in (message for message, to in self.messages.items() if to == job):
                assert heard.count(message) == 1


async def _killed_under_load(
    there: Settings, postgres: Own, known: Acknowledged, jobs: list[str], kill: int, witness: Witness
) -> None:
    before = len(witness.effects())
    async with Longhaul.connect(there) as longhaul:
        speaking = asyncio.create_task(known.speak(longhaul, jobs, f"{kill}"))
        told = len(known.messages)
        await until(lambda: len(witness.effects()) > before + 30 and len(known.messages) > told + 3)
        await known.look(longhaul, jobs)
        postgres.kill()
        assert not speaking.done()
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
    await asyncio.to_thread(postgres.up)


async def test_all_jobs_end_and_nothing_acknowledged_is_lost(
    there: Settings, postgres: Own, witness: Witness, unique: str
) -> None:
    jobs = [f"{unique}-{number}" for number in range(JOBS)]
    known = Acknowledged()
    with WorkerProcess(there, witness.path):
        async with Longhaul.connect(there) as longhaul:
            for job in jobs:
                await longhaul.start(toy(job, *CALLS))
        for kill in range(KILLS):
            await _killed_under_load(there, postgres, known, jobs, kill, witness)
        async with Longhaul.connect(there) as longhaul:
            states = [await answered_by_the_witness(longhaul, job, witness) for job in jobs]
            assert {state.status for state in states} == {"completed"}
            await known.stand(longhaul)
            await verified(longhaul, *jobs)
            assert len(await kept(longhaul)) == 3 * JOBS
            await _each_effect_was_called(longhaul, jobs, witness)
    assert not witness.repeated()


async def _each_effect_was_called(longhaul: Longhaul, jobs: list[str], witness: Witness) -> None:
    """No effect without its call in the journal, and each item of each job went out once."""
    calls: dict[str, Any] = {}
    for job in jobs:
        for version, _, event in await longhaul.timeline(job):
            if of_type([event], "ToolCalled"):
                calls[f"{job}/{version}"] = event
    sent = [(effect["key"].rpartition("/")[0], calls[effect["key"]].call.item) for effect in witness.effects()]
    assert sorted(sent) == sorted((job, call) for job in jobs for call in CALLS if not call.startswith("transactional"))
