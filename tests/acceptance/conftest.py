"""Worker processes and a Postgres for the tests that kill and suspend them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from settings import Settings
from stores.migrate import migrate
from tests.conftest import make_toy_tables
from tests.support.own import Own
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness")


@pytest.fixture
def worker(settings: Settings, witness: Witness) -> Iterator[WorkerProcess]:
    with WorkerProcess(settings, witness.path) as process:
        yield process


@pytest.fixture
def postgres() -> Iterator[Own]:
    """A Postgres that the test may kill, or set back."""
    with Own("postgres") as own:
        yield own


@pytest.fixture
def there(settings: Settings, postgres: Own) -> Settings:
    """The settings of the test, with that Postgres."""
    endpoints = postgres.up()
    dsn, owner_dsn = endpoints.postgres_dsn, endpoints.postgres_owner_dsn
    assert dsn is not None
    assert owner_dsn is not None
    migrate(owner_dsn)
    make_toy_tables(owner_dsn)
    return settings.model_copy(update={"postgres_dsn": SecretStr(dsn), "postgres_owner_dsn": SecretStr(owner_dsn)})
