"""A toy agent's worker in the test's own process, and a client; and the same on a server that skips time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import worker
from settings import Settings
from stack.testserver import find_test_server
from starter.client import Longhaul
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, running

KEYWORD, INT = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD, IndexedValueType.INDEXED_VALUE_TYPE_INT
ATTRIBUTES = {
    "AgentId": KEYWORD,
    "JobType": KEYWORD,
    "JobStatus": KEYWORD,
    "WaitingFor": KEYWORD,
    "Revision": INT,
    "StepsDone": INT,
}


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


@dataclass(frozen=True)
class SkippedTime:
    """A worker on the time-skipping server."""

    longhaul: Longhaul
    environment: WorkflowEnvironment


@pytest.fixture
async def skipped(settings: Settings, agents: Agents, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SkippedTime]:
    """The old server loses count of eagerly started activities, and then time stands still: none here."""
    monkeypatch.setattr(worker, "Worker", partial(Worker, disable_eager_activity_execution=True))
    server = await asyncio.to_thread(find_test_server, settings, lambda text: None)
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(server) if server else None, data_converter=pydantic_data_converter
    )
    async with environment:
        request = AddSearchAttributesRequest(namespace="default", search_attributes=ATTRIBUTES)
        await environment.client.operator_service.add_search_attributes(request)
        address = environment.client.service_client.config.target_host
        there = settings.model_copy(update={"temporal_address": address})
        async with running(there, agents), Longhaul.connect(there) as longhaul:
            yield SkippedTime(longhaul, environment)
