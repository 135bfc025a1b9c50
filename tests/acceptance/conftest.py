"""Worker processes for the tests that kill and suspend them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from settings import Settings
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness")


@pytest.fixture
def worker(settings: Settings, witness: Witness) -> Iterator[WorkerProcess]:
    with WorkerProcess(settings, witness.path) as process:
        yield process
