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

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from settings import Settings
from stack import local
from stores import postgres
from stores.migrate import migrate
from stores.postgres import Pool

TEMPLATE = "longhaul_template"
_numbers = itertools.count(1)


def _silent(_: str) -> None:
    """Tests print nothing."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--given-stack", action="store_true", help="use the services that the environment names")


@dataclass(frozen=True)
class Stack:
    """The running services of this test run."""

    settings: Settings

    def dsn(self, database: str) -> str:
        return self.settings.needed("postgres_dsn").rpartition("/")[0] + f"/{database}"


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
    home = Path(tempfile.mkdtemp(prefix="longhaul-test-", dir="/var/tmp"))
    home.chmod(0o755)
    settings = Settings(home=home)
    try:
        yield settings.with_stack(local.up(settings, _silent))
    finally:
        local.down(settings, _silent)
        shutil.rmtree(home, ignore_errors=True)


def _make_template(stack: Stack) -> None:
    with psycopg.connect(stack.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    migrate(stack.dsn(TEMPLATE))


def _drop_template(stack: Stack) -> None:
    with psycopg.connect(stack.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(TEMPLATE)))


@pytest.fixture
def database(stack: Stack) -> Iterator[str]:
    """A fresh database, as its DSN."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(stack.dsn("postgres"), autocommit=True) as connection:
        create = sql.SQL("create database {} template {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    yield stack.dsn(name)
    with psycopg.connect(stack.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def settings(stack: Stack, database: str, tmp_path: Path) -> Iterator[Settings]:
    """The settings of one test: its own database, home and task queue on the shared servers."""
    own = {
        "home": tmp_path / "home",
        "postgres_dsn": SecretStr(database),
        "task_queue": f"test-{os.getpid()}-{next(_numbers)}",
        "heartbeat_seconds": 1.0,
        "workflow_task_timeout_seconds": 2.0,
        "crash_points": tmp_path / "crash",
    }
    (tmp_path / "crash").mkdir()
    yield stack.settings.model_copy(update=own)
    gc.collect()  # finalizers of evicted workflows print tracebacks: not in the middle of pytest's own parsing


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    """An open pool on the test's database."""
    async with postgres.pool(settings.needed("postgres_dsn")) as opened:
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
