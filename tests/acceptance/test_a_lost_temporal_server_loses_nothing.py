"""The Temporal server is killed and its database deleted: `longhaul up`, `longhaul recover`, and every job goes on."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from settings import Settings
from stack import local
from stack.records import read_record
from starter.client import Longhaul
from stores.migrate import migrate
from tests.conftest import Stack, make_toy_tables, until
from tests.integration.test_the_command_line import Terminal
from tests.support.jobs import ended, events, of_type, toy, verified, waits
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness


def _silent(_: str) -> None:
    """Tests print nothing."""


@pytest.fixture
def alone(stack: Stack) -> Iterator[Settings]:
    """A stack of its own: this test destroys its Temporal server. (`stack` is asked for its clean environment.)"""
    home = Path(tempfile.mkdtemp(prefix="longhaul-test-", dir="/var/tmp"))
    home.chmod(0o755)
    (home / "crash").mkdir()
    quick = {"heartbeat_seconds": 1.0, "workflow_task_timeout_seconds": 2.0, "crash_points": home / "crash"}
    settings = Settings(home=home / "home").model_copy(update=quick)
    try:
        settings = settings.with_stack(local.up(settings, _silent))
        migrate(settings.migrations_dsn)
        make_toy_tables(settings.migrations_dsn)
        yield settings
    finally:
        local.down(settings, _silent)
        shutil.rmtree(home)


def _lose_temporal(settings: Settings) -> None:
    """SIGKILL, and every trace of its database deleted."""
    record = read_record(settings.home, "temporal")
    assert record is not None
    server = psutil.Process(record.pid)
    server.kill()
    server.wait(10)
    databases = list((settings.home / "stack" / "temporal").glob("temporal.db*"))
    assert databases
    for file in databases:
        file.unlink()


async def test_every_open_job_goes_on_and_repeats_nothing(alone: Settings, witness: Witness, unique: str) -> None:
    working, waiting, behind, done = (f"{unique}-{name}" for name in ("working", "waiting", "behind", "done"))
    calls = [f"{effect}:{number}" for number in range(40) for effect in ("keyed", "lookup", "transactional")]
    cli = Terminal(alone)
    with WorkerProcess(alone, witness.path):
        async with Longhaul.connect(alone) as longhaul:
            await longhaul.start(toy(done, "keyed"))
            await ended(longhaul, done)
            await longhaul.start(toy(waiting, "keyed", "guarded"))
            request = (await waits(longhaul, waiting)).requests[0]
            sent = len(witness.effects())
            await longhaul.start(toy(working, *calls))
            await until(lambda: len(witness.effects()) > sent + 5)
            await longhaul.start(toy(behind, "pure", agent=f"agent-{working}"))
            await until(lambda: _queued(longhaul, behind))
            _lose_temporal(alone)
            assert (await longhaul.state(working)).end is None

            assert local.up(alone, _silent).temporal_address == alone.temporal_address
            said = await cli("recover", "--patience", "40", "-o", "json")
            assert said.code == 0, said
            found = {each["job"]: each["is"] for each in said.json()["jobs"]}
            assert found == {working: "recovered", waiting: "recovered", behind: "queued"}

            await longhaul.say(waiting, "approve", {"by": "ann", "request": request.id}, patience=20)
            for job in (working, waiting, behind):
                assert (await ended(longhaul, job, 60)).status == "completed", await events(longhaul, job)
            await verified(longhaul, working, waiting, behind, done)
            assert len(of_type(await events(longhaul, working), "ToolReturned")) == len(calls)
            again = await cli("recover", "-o", "json")
            assert (again.code, again.json()) == (0, {"jobs": []})
    assert not witness.repeated()


async def _queued(longhaul: Longhaul, job: str) -> bool:
    return (await longhaul.tasks.job(job) or {}).get("status") == "pending"


async def test_a_job_terminated_in_the_web_ui_is_started_again(
    settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    cli, other = Terminal(settings), f"{unique}-other"
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "keyed", "guarded"))
        await longhaul.start(toy(other, "guarded", agent=f"agent-{unique}"))
        for job in (unique, other):
            await waits(longhaul, job)
        await longhaul.temporal.get_workflow_handle(f"job/{unique}").terminate("a mistake")
        said = await cli("recover")
        assert said.code == 0, said
        assert f"{unique}-other" in said.out
        assert "started again" in said.out
        assert "was running" in said.out
        request = (await waits(longhaul, unique)).requests[0]
        await longhaul.say(unique, "approve", {"by": "ann", "request": request.id}, patience=20)
        assert (await ended(longhaul, unique)).status == "completed"
    assert not witness.repeated()


async def test_without_a_worker_it_says_that_nothing_runs_yet(
    settings: Settings, unique: str, witness: Witness
) -> None:
    cli = Terminal(settings)
    async with Longhaul.connect(settings) as longhaul:
        with WorkerProcess(settings, witness.path):
            await longhaul.start(toy(unique, "guarded"))
            await waits(longhaul, unique)
        await longhaul.temporal.get_workflow_handle(f"job/{unique}").terminate("a mistake")
    said = await cli("recover", "--patience", "1")
    assert said.code == 4
    assert "lost, not started again yet" in said.out
    assert "as soon as a worker runs" in said.err
