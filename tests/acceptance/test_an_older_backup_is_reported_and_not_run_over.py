"""Postgres is restored from an older backup: it is detected and reported, and a person says how to go on."""

import asyncio
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from domain.events import JobEvent
from settings import Settings
from starter import losses
from starter.client import Longhaul
from tests.conftest import until
from tests.integration.test_the_command_line import Terminal
from tests.support.jobs import ended, events, of_type, toy, verified, waits
from tests.support.own import Own
from tests.support.people import answered_by_the_witness
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness

CALLS = [f"{effect}:{number}" for number in range(25) for effect in ("keyed", "transactional")]


def _back_up(postgres: Own) -> None:
    postgres.stop()
    subprocess.run(["cp", "-a", postgres.data, postgres.root / "backup"], check=True)
    postgres.up()


def _restore(postgres: Own) -> None:
    postgres.stop()
    shutil.rmtree(postgres.data)
    subprocess.run(["cp", "-a", postgres.root / "backup", postgres.data], check=True)
    postgres.up()


@dataclass(frozen=True)
class Jobs:
    """Jobs of which the backup lacks something, each in its way; and `calm`, of which it lacks nothing."""

    working: str
    waiting: str
    done: str
    new: str
    calm: str

    @property
    def lost(self) -> tuple[str, ...]:
        return tuple(sorted((self.working, self.waiting, self.done, self.new)))

    async def before_the_backup(self, longhaul: Longhaul, witness: Witness) -> None:
        for job in (self.waiting, self.done, self.calm):
            await longhaul.start(toy(job, "once", "guarded"))
            await waits(longhaul, job)
        await longhaul.start(toy(self.working, *CALLS))
        await until(lambda: len(witness.effects()) > 6)

    async def after_the_backup(self, longhaul: Longhaul, witness: Witness) -> None:
        await longhaul.say(self.waiting, "inform", {"by": "ann", "text": "hello"}, patience=30)
        request = (await longhaul.state(self.done)).requests[0]
        await longhaul.say(self.done, "approve", {"by": "ann", "request": request.id}, patience=30)
        await ended(longhaul, self.done)
        await longhaul.temporal.get_workflow_handle(f"job/{self.done}").result()
        await longhaul.start(toy(self.new, "keyed", "guarded"))
        await waits(longhaul, self.new)
        sent = len(witness.effects())
        await until(lambda: len(witness.effects()) > sent + 6)


@pytest.fixture
def jobs(unique: str) -> Jobs:
    return Jobs(*(f"{unique}-{name}" for name in ("working", "waiting", "done", "new", "calm")))


async def _journals(longhaul: Longhaul, jobs: Jobs) -> dict[str, list[JobEvent]]:
    return {job: await events(longhaul, job) for job in jobs.lost}


async def test_it_is_reported_and_goes_on_when_it_is_accepted(
    there: Settings, postgres: Own, jobs: Jobs, witness: Witness
) -> None:
    cli = Terminal(there)
    with WorkerProcess(there, witness.path):
        async with Longhaul.connect(there) as longhaul:
            await jobs.before_the_backup(longhaul, witness)
        _back_up(postgres)
        async with Longhaul.connect(there) as longhaul:
            await jobs.after_the_backup(longhaul, witness)
        _restore(postgres)
        async with Longhaul.connect(there) as longhaul:
            restored = await _journals(longhaul, jobs)
            await until(lambda: _stopped(longhaul, jobs.working))
            await _is_reported(cli, longhaul, jobs)
            assert await _journals(longhaul, jobs) == restored, "nothing is written over the gap"
            sent = [effect["key"] for effect in witness.effects()]

            await _go_on(cli, longhaul, jobs, witness)
            assert not witness.repeated()
            assert not set(sent) & {effect["key"] for effect in witness.effects()[len(sent) :]}, "no key serves twice"
            await verified(longhaul, *jobs.lost, jobs.calm)
            assert (await cli("rebuild", "--check")).code == 0


async def _stopped(longhaul: Longhaul, *jobs: str) -> bool:
    return set(jobs) <= set(await losses.stopped(longhaul))


async def _is_reported(cli: Terminal, longhaul: Longhaul, jobs: Jobs) -> None:
    """Which jobs, what they have seen, what the journal has, and what a person can do."""
    said = await cli("recover", "-o", "json")
    found = {row["job"]: row for row in said.json()["jobs"]}
    assert said.code == 3
    assert {job: found[job]["is"] for job in found} == {**dict.fromkeys(jobs.lost, "behind"), jobs.calm: "running"}
    assert all(found[job]["seen"] > found[job]["journal"] for job in jobs.lost)
    assert found[jobs.new]["journal"] == 0
    assert found[jobs.done]["since"] == ["guarded guarded (revision 1) (returned)"]
    assert "Restore the newer backup" in said.err
    await until(lambda: _stopped(longhaul, jobs.working, jobs.waiting, jobs.new))

    commands = (("list",), ("status",), ("show", jobs.working), ("tell", jobs.waiting, "hello"))
    listed, status, shown, refused = await asyncio.gather(*(cli(*words) for words in commands))
    assert shown.code == 3
    assert "was an older backup restored?" in shown.out
    assert "since then: keyed" in shown.out
    for each in (listed, status, shown):
        assert jobs.working in each.out + each.err
        assert "longhaul recover" in each.err
    assert refused.code == 2
    assert "The journal lacks a row" in refused.err
    assert (await cli("recover", "--accept-loss", jobs.calm)).code == 2


async def _go_on(cli: Terminal, longhaul: Longhaul, jobs: Jobs, witness: Witness) -> None:
    accepted: list[Any] = [word for job in jobs.lost for word in ("--accept-loss", job)]
    said = await cli("recover", *accepted, "--by", "ann", "-o", "json")
    assert said.code == 0, said
    for job in (jobs.waiting, jobs.done, jobs.new, jobs.calm):
        request = (await waits(longhaul, job)).requests[0]
        await longhaul.say(job, "approve", {"by": "ann", "request": request.id}, patience=20)
    for job in (*jobs.lost, jobs.calm):
        assert (await answered_by_the_witness(longhaul, job, witness)).status == "completed"
    for job in jobs.lost:
        [event] = of_type(await events(longhaul, job), "LossAccepted")
        assert getattr(event, "by", "") == "ann"
