"""Upkeep compacts old memories of all agents; a slow model holds up nothing; runs of the release before go on."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from agents.choice import Choice
from agents.llm import LanguageModel
from domain.facts import DAY
from domain.memory import Author, Entry, Remembered
from domain.sections import Section
from settings import Settings
from starter.client import Longhaul
from stores.memory import Judge
from tests.conftest import until
from tests.support.language_server import Hang, LanguageServer, calls, language_server
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents
from workflows.upkeep import UpkeepWorkflow


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"upkeep_seconds": 0.5})


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    with language_server() as server:
        yield server


@pytest.fixture
def agents(witness: Witness, server: LanguageServer, unique: str) -> Agents:
    language = LanguageModel(Choice(f"openai:{unique}", url=server.url, price="0/0", seconds=10))
    return Agents({"toy": Toy()}, toy_tools(witness), language=language)


def _adding(fact: Remembered, author: Author) -> Judge:
    return lambda memory: memory.remember([fact], author)


async def _remember(longhaul: Longhaul, agent: str) -> None:
    for number in range(8):
        fact = Remembered(section=Section.LEARNINGS, text=f"Build {number} of the parser took {number} minutes.")
        await longhaul.memories.append(agent, _adding(fact, Author("ann", time.time() - 4 * DAY + number)))


async def _summaries(longhaul: Longhaul, agent: str) -> list[Entry]:
    return [entry for entry in (await longhaul.memories.load(agent)).entries if entry.supersedes]


async def _looks(handle: WorkflowHandle[Any, Any]) -> int:
    return [
        event.HasField("activity_task_completed_event_attributes") for event in (await handle.fetch_history()).events
    ].count(True)


async def test_every_agents_old_entries_become_a_summary(world: World, server: LanguageServer, unique: str) -> None:
    """The model hangs for the first of them, which is then extracted; nobody waits for that but the next of them."""
    longhaul, names = world.longhaul, [f"{unique}-a", f"{unique}-b"]
    for name in names:
        await _remember(longhaul, name)
    server.script = [Hang(3), calls(("summary", {"text": "All builds passed."}))]
    await longhaul.keep_up()
    handle = longhaul.temporal.get_workflow_handle(longhaul.upkeep_id)
    await until(lambda: len(server.asked) == 1)
    before = await _looks(handle)
    await until(lambda: _more(handle, before + 2))
    assert len(server.asked) == 1, "upkeep looks on, while the model is still silent"

    async def both() -> bool:
        return all([await _summaries(longhaul, name) for name in names])

    await until(both)
    made = {entry.author for name in names for entry in await _summaries(longhaul, name)}
    assert made == {"extraction", f"openai:{unique}"}
    assert len(server.asked) == 2
    await _replayed(handle)


async def _more(handle: WorkflowHandle[Any, Any], looks: int) -> bool:
    return await _looks(handle) >= looks


async def test_a_run_of_the_release_before_goes_on_and_compacts_once_it_is_told(
    world: World, server: LanguageServer, unique: str
) -> None:
    longhaul = world.longhaul
    server.script = [calls(("summary", {"text": "All builds passed."}))]
    await _remember(longhaul, unique)
    handle = await longhaul.temporal.start_workflow(
        "UpkeepWorkflow", {"every": 0.3}, id=longhaul.upkeep_id, **longhaul.where
    )
    await until(lambda: _more(handle, 3))
    assert not await _summaries(longhaul, unique)
    await longhaul.keep_up()
    await until(lambda: _summaries(longhaul, unique))
    await _replayed(handle)


async def _replayed(handle: WorkflowHandle[Any, Any]) -> None:
    await handle.terminate("seen")
    replayer = Replayer(workflows=[UpkeepWorkflow], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(await handle.fetch_history())
