"""Two agents are seen at work at the same instant; two jobs of one agent never are."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from agents.tools.tool import Tool, ToolContext, ToolResult
from domain.answers import Effect
from tests.support.jobs import ended, toy
from tests.support.toys import Toy, ToyArgs, toy_tools
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents


class Bench:
    """Where tools sit while they work; it notes who sat together."""

    def __init__(self) -> None:
        self.sitting: list[tuple[str, str]] = []
        self.together: list[list[tuple[str, str]]] = []

    @contextlib.contextmanager
    def seat(self, agent: str, job: str) -> Iterator[None]:
        self.sitting.append((agent, job))
        self.together.append(sorted(self.sitting))
        try:
            yield
        finally:
            self.sitting.remove((agent, job))


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def agents(witness: Witness, bench: Bench) -> Agents:
    """`keyed` works for a tenth of a second."""

    async def works(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        with bench.seat(ctx.agent, ctx.job):
            await asyncio.sleep(0.1)
        ctx.last_check()
        witness.applied("keyed", ctx.key)
        return ToolResult(text="worked")

    keyed = Tool("keyed", Effect.KEYED, ToyArgs, works, lambda args: args.item, seconds=10)
    return Agents({"toy": Toy()}, {**toy_tools(witness), "keyed": keyed})


async def test_side_by_side(world: World, bench: Bench, unique: str) -> None:
    names = ("ann", "bob")
    jobs = [(f"{unique}-{name}-{number}", f"{unique}-{name}") for number in range(3) for name in names]
    for job, agent in jobs:
        await world.longhaul.start(toy(job, *(f"keyed:{number}" for number in range(4)), agent=agent))
    for job, _ in jobs:
        assert (await ended(world.longhaul, job)).status == "completed"
    seen = [[agent for agent, _ in at_once] for at_once in bench.together]
    assert any(len(set(at_once)) == 2 for at_once in seen), "two agents worked at the same instant"
    assert all(len(set(at_once)) == len(at_once) for at_once in seen), "one agent never did two things at once"
    assert len(world.witness.effects()) == 4 * len(jobs)


async def test_a_long_queue_is_worked_off_in_several_short_runs(world: World, unique: str) -> None:
    jobs = [f"{unique}-{number}" for number in range(12)]
    await asyncio.gather(*(world.longhaul.start(toy(job, "keyed:1", agent=unique)) for job in jobs))
    for job in jobs:
        assert (await ended(world.longhaul, job)).status == "completed"
    runs = [run async for run in world.longhaul.temporal.list_workflows(f"WorkflowId = 'agent/{unique}'")]
    lengths = sorted(run.history_length for run in runs)
    assert len(runs) > 1, lengths
    assert len(world.witness.effects()) == len(jobs)
