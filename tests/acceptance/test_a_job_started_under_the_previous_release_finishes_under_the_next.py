"""The journals that an earlier release left in the middle of its work: `recover`, and every job goes on to its end.

Once as they were kept, and once in a made-up older form of the events, which is brought to today's as they are read.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError, RPCStatusCode

from agents.jobs import JOB_TYPES
from agents.tools.all import tools
from domain import upcast
from settings import Settings
from starter.client import Longhaul
from starter.commands.recover import recovered
from starter.demo.sink import Sink
from stores import journal, postgres
from stores.migrate import migrate
from stores.postgres import EVERY_AGENT, Pool, transaction
from stores.rebuild import rebuild
from tests.conftest import Stack, until
from tests.fixtures.record import project
from tests.support.jobs import kept, seen_to_its_end
from tests.support.releases import RELEASES, Fields, restore, rewrite, stored
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, running

OPEN = {"changed", "mailing", "paused", "surveying", "unknown", "waiting"}
OPEN |= {"open-keyed", "open-lookup", "open-once", "open-transactional"}
EFFECTS = {"cancelled": 1, "changed": 2, "completed": 3, "paused": 3, "unknown": 3, "waiting": 2}
EFFECTS |= {"open-keyed": 2, "open-lookup": 2, "open-once": 2, "open-transactional": 1}
"""What goes out for each job, before and after: never more."""
KEPT = {"changed", "completed", "open-keyed", "open-lookup", "open-once", "open-transactional", "waiting"}
RENAMED = {
    "JobRequested": ("requested_by", "who"),
    "RequirementChanged": ("text", "words"),
    "MemoryAdded": ("entry", "fact"),
}
"""The made-up older form: three events with a field of another name, one of each kind of stream and of message."""


def older(fields: Fields) -> Fields:
    """An event of today in the made-up form."""
    new, old = RENAMED.get(fields["type"], ("type", "type"))
    return {old if name == new else name: value for name, value in fields.items()}


def newer(fields: Fields) -> Fields:
    """The step back."""
    new, old = RENAMED.get(fields["type"], ("type", "type"))
    return {new if name == old else name: value for name, value in fields.items()}


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def release(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def left(stack: Stack, release: Path, unique: str) -> Iterator[str]:
    """The administrator's DSN of a database as the release left it: it had no roles."""
    name = unique.replace("-", "_")
    with psycopg.connect(stack.admin_dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    restore(stack.admin_dsn(name), release)
    yield stack.admin_dsn(name)
    with psycopg.connect(stack.admin_dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def after(left: str, stack: Stack, settings: Settings, release: Path, unique: str) -> Settings:
    """The settings of the next release on that database, with the witness and the folder that the jobs knew.

    The folder stays: its path stands in the journals, and a test that runs beside this one reads it too.
    """
    app = stack.dsn(unique.replace("-", "_"))
    there = settings.model_copy(update={"postgres_dsn": SecretStr(app), "postgres_owner_dsn": SecretStr(left)})
    shutil.copy(release / "effects.jsonl", there.crash_points.parent / "witness" if there.crash_points else "")
    project()
    return there


@pytest.mark.parametrize("form", ["as they were kept", "in an older form"])
async def test_every_job_goes_on_to_its_end(
    form: str, left: str, after: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if form == "in an older form":
        rewrite(left, 0, older)
        monkeypatch.setattr(upcast, "STEPS", {**upcast.STEPS, 0: newer})
    before, witness = stored(left), Witness(tmp_path / "witness")
    migrate(left)
    with Sink() as sink:
        known = {**toy_tools(witness), **tools(sink.url, "longhaul@example.org")}
        models = {"toy": Toy(), **{name: each.model for name, each in JOB_TYPES.items() if each.model}}
        async with running(after, Agents(models, known)), Longhaul.connect(after) as longhaul:
            await _forgotten(longhaul, *sorted(OPEN), "queued")
            found = {each["job"]: each["is"] for each in await recovered(longhaul, patience=40)}
            assert found == {**dict.fromkeys(OPEN, "recovered"), "queued": "queued"}
            states = {job: await seen_to_its_end(longhaul, job, witness) for job in sorted(OPEN | {"queued"})}
            assert {state.status for state in states.values()} == {"completed"}
            assert len(sink.mails) == 1
            assert not witness.repeated()
            sent = [effect["key"].rpartition("/")[0] for effect in witness.effects()]
            assert {job: sent.count(job) for job in sent} == EFFECTS
            keys = await kept(longhaul)
            assert len(keys) == len(set(keys)) == len(KEPT) + 1  # one job has two such items
            await _verified(longhaul.pool)
            assert not any((await rebuild(longhaul.pool, keep=False)).values())
    assert before.items() <= stored(left).items(), "what was stored stays as it was"


async def _verified(pool: Pool) -> None:
    async with transaction(pool, EVERY_AGENT) as connection:
        streams = await (await connection.execute("select distinct stream from agent_events")).fetchall()
        for (stream,) in streams:
            await journal.verify(connection, stream)


async def test_the_chains_verify_before_anything_is_done(left: str) -> None:
    async with postgres.pool(left) as pool:
        await _verified(pool)


async def _forgotten(longhaul: Longhaul, *jobs: str) -> None:
    """Temporal remembers nothing of these jobs, which the other form of the same journals has left there."""
    client = longhaul.temporal

    async def is_gone(job: str) -> bool:
        """Whether no run is left; deletes the latest one else."""
        try:
            run = (await client.get_workflow_handle(f"job/{job}").describe()).run_id
            execution = WorkflowExecution(workflow_id=f"job/{job}", run_id=run)
            await client.workflow_service.delete_workflow_execution(
                DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
            )
        except RPCError as error:
            return error.status is RPCStatusCode.NOT_FOUND
        return False

    for job in jobs:
        await until(lambda job=job: is_gone(job))
