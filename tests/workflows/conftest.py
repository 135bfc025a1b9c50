"""A toy agent's worker in the test's own process, and a client."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from settings import Settings
from starter.client import Longhaul
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, running


@dataclass(frozen=True)
class World:
    """A running worker with its client and witness."""

    longhaul: Longhaul
    witness: Witness


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness")


@pytest.fixture
def agents(witness: Witness) -> Agents:
    return Agents({"toy": Toy()}, toy_tools(witness))


@pytest.fixture
async def world(settings: Settings, agents: Agents, witness: Witness) -> AsyncIterator[World]:
    async with running(settings, agents), Longhaul.connect(settings) as longhaul:
        yield World(longhaul, witness)
