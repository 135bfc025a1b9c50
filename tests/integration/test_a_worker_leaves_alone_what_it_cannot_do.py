"""A worker that finds, by reading on, a call that needs what it lacks, tells the workflow and touches nothing."""

import pytest
from temporalio.exceptions import ApplicationError

from agents.tools.catalogue import catalogue, placed
from tests.integration.conftest import NewHands
from tests.integration.lives import Hands, Life, Script, Target, types, use


@pytest.fixture
def plain(new_hands: NewHands) -> Hands:
    """A worker that knows that `keyed` needs a GPU, and has none."""
    hands = new_hands(script=Script(use("keyed")))
    hands.acting.tools = placed(hands.tools, {"keyed": "gpu"})
    hands.acting.thinking.tools = catalogue(hands.acting.tools.values())
    return hands


async def test_an_open_call_is_left_to_a_worker_that_serves_it(plain: Hands, target: Target, unique: str) -> None:
    """A workflow that was reset, and has not seen the call, asks for the move before it."""
    life = await Life(plain, unique).open()
    await life.decide()
    reset = life.twin()
    await life.called()
    assert types(await reset.act()) == ["ToolCalled"]
    assert not target.came
    assert reset.state.next_move() == life.state.next_move()
    plain.acting.capabilities = ("gpu",)
    assert types(await reset.act()) == ["CallRenewed", "ToolReturned"]
    assert target.keys == [f"{unique}/{life.seen.version}"]


async def test_a_call_that_came_to_the_wrong_worker_is_refused_and_not_made(
    plain: Hands, target: Target, unique: str
) -> None:
    life = await Life(plain, unique).open()
    await life.decide()
    with pytest.raises(ApplicationError, match="does not serve 'gpu'"):
        await life.act()
    assert not target.came
    assert "ToolCalled" not in await life.types()
