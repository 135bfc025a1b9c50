"""A real worker: while a tool takes its time, the next decision's search is made; the report counts what it spared."""

from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from agents.tools.tool import ToolContext, ToolResult
from domain.events import JobCompleted, ModelAnswered, Preload
from domain.memory import Author, Remembered
from domain.report import Period
from domain.sections import Section
from settings import Settings
from stores import report
from stores.preloads import Preloads
from tests.conftest import until
from tests.support.jobs import ended, events
from tests.support.language_server import LanguageServer, calls
from tests.workflows.conftest import World
from tests.workflows.general.conftest import Ask
from worker import Agents

PLAN = (
    "plan",
    {"items": [{"item": "look", "text": "See what is there"}, {"item": "boil", "text": "Ask for a boiler"}]},
)
LOOK = ("list_files", {"folder": "", "todo_item": "look", "completes_item": True})


@pytest.fixture
def agents(settings: Settings, redis: Redis) -> Agents:
    """Listing files lasts until the search ahead is kept."""
    configured = Agents.configured(settings)
    tool = configured.tools["list_files"]

    async def slow(ctx: ToolContext, args: Any) -> ToolResult:
        await until(lambda: Preloads(redis).find(ctx.job), 20)
        return await tool.run(ctx, args)

    return replace(configured, tools={**configured.tools, "list_files": replace(tool, run=slow)})


async def test_it_spares_the_search(world: World, server: LanguageServer, general: Ask) -> None:
    asked, memories = general("Be warm"), world.longhaul.memories
    facts = ["Eve mends any boiler", *(f"filling {number} " + "word " * 50 for number in range(60))]
    for hour, text in enumerate(facts):
        said = Remembered(section=Section.LEARNINGS, text=text, happened_at=7200.0 * hour)
        await memories.append(asked.agent, lambda memory, said=said: memory.remember([said], Author("ann", 1.0)))  # type: ignore[misc]
    server.script = [calls(PLAN, LOOK), calls(PLAN, ("give_up", {"reason": "enough"}))]
    await world.longhaul.start(asked)
    state = await ended(world.longhaul, asked.job)
    assert not isinstance(state.end, JobCompleted)
    worth = [
        each.knew.preload
        for each in await events(world.longhaul, asked.job)
        if isinstance(each, ModelAnswered) and each.knew
    ]
    assert [each.outcome for each in worth if isinstance(each, Preload)] == ["none", "hit"]
    assert "Eve mends any boiler" not in server.asked[0].prompt
    assert "Eve mends any boiler" in server.asked[1].prompt
    async with report.snapshot(world.longhaul.pool) as connection:
        counted = await report.preloading(connection, Period())
    assert (counted.hit, counted.of, counted.nothing_there) == (1, 2, 1)
