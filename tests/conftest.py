"""One real stack for the whole run; a database, a task queue and a home of its own for each test.

With `--given-stack` it is not started here: it is the one that the environment names (tests/topology.sh), where the
user of Postgres may create databases.
"""

import asyncio
import contextlib
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from redis.asyncio import Redis

from settings import Settings
from stack import local
from stack.places import find_places
from stack.postgres import Postgres
from stack.records import read_record
from stack.valkey import Valkey
from stores import postgres, roles
from stores.migrate import migrate
from stores.postgres import Pool
from stores.redis import client

hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)  # how long an example takes says how busy the machine is
hypothesis.settings.load_profile("untimed")

TEMPLATE = "longhaul_template"
ENOUGH_BYTES = 4 * 1024**3
_numbers = itertools.count(1)


def _silent(_: str) -> None:
    """Tests print nothing."""


def pytest_collection_finish() -> None:
    """What the tests are made of is not looked at by each `gc.collect`."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--given-stack", action="store_true", help="use the services that the environment names")
    parser.addoption("--whole", action="store_true", help="promises in their full size, where that takes minutes")


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether promises are tested in their full size."""
    return bool(request.config.getoption("--whole"))


@dataclass(frozen=True)
class Stack:
    """The running services of this test run."""

    settings: Settings

    def dsn(self, database: str) -> str:
        """As the app's role."""
        return self._on(database, self.settings.needed("postgres_dsn"))

    def owner_dsn(self, database: str) -> str:
        """As the owner of the tables."""
        return self._on(database, self.settings.migrations_dsn)

    def admin_dsn(self, database: str) -> str:
        """As the cluster's administrator, who makes databases. On a given stack that is who migrates."""
        record = read_record(self.settings.home, "postgres")
        if record is None:
            return self.owner_dsn(database)
        service = Postgres(self.settings, find_places(self.settings.home), _silent)
        return service.dsn(record.ports["postgres"], database)

    @staticmethod
    def _on(database: str, dsn: str) -> str:
        return dsn.rpartition("/")[0] + f"/{database}"


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Postgres, Valkey and Temporal: private to this run, or given."""
    is_given: bool = request.config.getoption("--given-stack")
    given = Settings.load() if is_given else None
    clean = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(("LONGHAUL_", "TEMPORAL_"))}
    try:
        with _started() if given is None else contextlib.nullcontext(given) as settings:
            found = Stack(settings)
            _make_template(found)
            yield found
            if given:
                _drop_template(found)
    finally:
        os.environ.update(clean)


@contextlib.contextmanager
def _started() -> Iterator[Settings]:
    home = Path(tempfile.mkdtemp(prefix="longhaul-test-", dir=_a_place_for_databases()))
    home.chmod(0o755)
    settings = Settings(home=home)
    try:
        yield settings.with_stack(local.up(settings, _silent))
    finally:
        local.down(settings, _silent)
        shutil.rmtree(home, ignore_errors=True)


def _a_place_for_databases() -> str:
    """Memory, if there is enough: ext4 is slow to make files where many were deleted, and each test has a database."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > ENOUGH_BYTES else "/var/tmp"


def _make_template(stack: Stack) -> None:
    with psycopg.connect(stack.admin_dsn("postgres"), autocommit=True) as connection:
        create = sql.SQL("create database {} owner longhaul_owner")
        connection.execute(create.format(sql.Identifier(TEMPLATE)))
    with psycopg.connect(stack.admin_dsn(TEMPLATE)) as connection:
        connection.execute("create extension vector")
    migrate(stack.owner_dsn(TEMPLATE))
    make_toy_tables(stack.owner_dsn(TEMPLATE))


def make_toy_tables(owner_dsn: str) -> None:
    """What the toys' transactional tools write to: a tool's own table is made by the owner."""
    with psycopg.connect(owner_dsn) as connection:
        connection.execute("create table toys (key text, item text)")
        connection.execute("create table effects (key text, text text)")
        roles.state_grants(connection)


def _drop_template(stack: Stack) -> None:
    with psycopg.connect(stack.admin_dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(TEMPLATE)))


@pytest.fixture
def database(stack: Stack) -> Iterator[str]:
    """A fresh database, as the DSN of the app's role."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(stack.admin_dsn("postgres"), autocommit=True) as connection:
        create = sql.SQL("create database {} template {} strategy file_copy owner longhaul_owner")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    yield stack.dsn(name)
    with psycopg.connect(stack.admin_dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def settings(stack: Stack, database: str, tmp_path: Path) -> Iterator[Settings]:
    """The settings of one test: its own database, home and task queue on the shared servers."""
    own = {
        "home": tmp_path / "home",
        "postgres_dsn": SecretStr(database),
        "postgres_owner_dsn": SecretStr(stack.owner_dsn(database.rpartition("/")[2])),
        "task_queue": f"test-{os.getpid()}-{next(_numbers)}",
        "heartbeat_seconds": 1.0,
        "workflow_task_timeout_seconds": 2.0,
        "crash_points": tmp_path / "crash",
    }
    (tmp_path / "crash").mkdir()
    yield stack.settings.model_copy(update=own)
    gc.collect()  # a finalizer that imports something in the middle of an import breaks that import in Python 3.11


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    """An open pool on the test's database."""
    async with postgres.pool(settings.needed("postgres_dsn")) as opened:
        yield opened


@pytest.fixture
async def owners_pool(settings: Settings) -> AsyncIterator[Pool]:
    """The same as the owner, who may change what the app may not: for tests that tamper."""
    async with postgres.pool(settings.migrations_dsn, size=2) as opened:
        yield opened


@pytest.fixture
def unique() -> str:
    """A word that no other test of this run has: for ids."""
    return f"t{os.getpid()}-{next(_numbers)}"


async def until(condition: object, seconds: float = 30.0) -> None:
    """Polls an async or plain condition until it holds; fails after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    assert callable(condition)
    while True:
        found = condition()
        found = await found if asyncio.iscoroutine(found) else found
        if found:
            return
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds} s"
        await asyncio.sleep(0.05)


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    """Redis as the app."""
    async with client(settings.needed("redis_url")) as connected:
        yield connected


@pytest.fixture
async def redis_admin(stack: Stack) -> AsyncIterator[Redis]:
    """Redis as its administrator, who may look into everything."""
    record = read_record(stack.settings.home, "redis")
    assert record is not None
    service = Valkey(stack.settings, find_places(stack.settings.home), print)
    async with Redis.from_url(service.admin_url(record.ports["redis"])) as connected:
        yield connected
