"""LONGHAUL_MAX_ACTIVITIES bounds how many calls a worker has in its hands at once."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from agents.tools.tool import ToolContext, ToolResult
from settings import Settings
from starter.client import Longhaul
from tests.support.jobs import ended, toy
from tests.support.toys import Toy, ToyArgs, toy_tools
from tests.support.witness import Witness
from worker import Agents, running

JOBS = 4


class Counter:
    """A tool that counts how many of its calls run at once; each waits a moment for the others."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.all_here = asyncio.Event()

    async def run(self, ctx: ToolContext, args: ToyArgs) -> ToolResult:
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now == JOBS:
            self.all_here.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await self.all_here.wait()
        self.now -= 1
        return ToolResult(text="counted")


@pytest.mark.parametrize(("allowed", "most"), [(100, JOBS), (1, 1)])
async def test_no_more_calls_at_once(
    allowed: int, most: int, settings: Settings, witness: Witness, unique: str
) -> None:
    counter = Counter()
    tools = toy_tools(witness)
    agents = Agents({"toy": Toy()}, {**tools, "pure": replace(tools["pure"], run=counter.run)})
    limited = settings.model_copy(update={"max_activities": allowed})
    jobs = [f"{unique}-{number}" for number in range(JOBS)]
    async with running(limited, agents), Longhaul.connect(limited) as longhaul:
        for job in jobs:
            await longhaul.start(toy(job, "pure"))
        for job in jobs:
            assert (await ended(longhaul, job)).status == "completed"
    assert counter.most == most
