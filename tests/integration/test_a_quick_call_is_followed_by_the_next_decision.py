"""After a quick call `act` decides at once; after a slow one, or when that goes wrong, `decide` does it later."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from temporalio.testing import ActivityEnvironment

from tests.integration.conftest import NewHands
from tests.integration.lives import Life, Script, Target, finish, types, use

QUICK = 5.0

Ready = Callable[..., Awaitable[Life]]


@pytest.fixture
def script() -> Script:
    return Script(use("keyed", plan=["one"]), finish())


@pytest.fixture
def ready(new_hands: NewHands, script: Script, unique: str) -> Ready:
    """A job whose call is due."""

    async def make(quick_seconds: float = QUICK) -> Life:
        life = await Life(new_hands(script=script, quick_seconds=quick_seconds), unique).open()
        await life.decide()
        return life

    return make


async def test_a_quick_one(ready: Ready, script: Script) -> None:
    life = await ready()
    assert types(await life.act()) == ["ToolCalled", "ToolReturned", "PlanRevised", "ModelAnswered"]
    assert script.asked == 2
    assert types(await life.close()) == ["JobCompleted"]


async def test_a_slow_one(ready: Ready, script: Script, target: Target) -> None:
    target.during = lambda: asyncio.sleep(0.3)
    life = await ready(quick_seconds=0.2)
    assert types(await life.act()) == ["ToolCalled", "ToolReturned"]
    assert script.asked == 1


async def test_a_model_that_takes_seconds_is_asked_by_decide(ready: Ready, script: Script) -> None:
    """Its answer could be cut off with the activity, and paid for twice."""
    life = await ready()
    life.hands.acting.thinking.slow = {"toy"}
    assert types(await life.act()) == ["ToolCalled", "ToolReturned"]
    assert script.asked == 1


async def test_the_decision_knows_what_people_said_during_the_call(
    ready: Ready, script: Script, target: Target
) -> None:
    life = await ready()

    async def spoken() -> None:
        await life.twin().say("tell", text="something else")

    target.during = spoken
    kinds = types(await life.act())
    assert kinds[:3] == ["ToolCalled", "RequirementChanged", "ToolReturned"]
    assert script.told[-1].state.revision == 2


async def test_what_is_recorded_during_the_decision_wins(ready: Ready, script: Script) -> None:
    life = await ready()

    async def spoken() -> None:
        script.during = None
        await life.twin().say("tell", text="something else")

    script.during = spoken
    kinds = types(await life.act())
    assert kinds == ["ToolCalled", "ToolReturned", "RequirementChanged"]
    assert types(await life.decide()) == ["PlanRevised", "ModelAnswered"]


async def test_a_model_that_is_down_takes_nothing_from_the_call(ready: Ready, script: Script, target: Target) -> None:
    life = await ready()

    async def down() -> None:
        raise ConnectionError("no model here")

    script.during = down
    assert types(await life.act()) == ["ToolCalled", "ToolReturned"]
    with pytest.raises(ConnectionError):
        await life.decide()
    assert len(target.keys) == 1


async def test_who_is_told_to_stop_thinks_no_further(ready: Ready, script: Script, target: Target) -> None:
    life = await ready()
    environment: ActivityEnvironment = life.hands.environment()

    async def told() -> None:
        environment.cancel()

    target.during = told
    assert types(await life.act(environment)) == ["ToolCalled", "ToolReturned"]
    assert script.asked == 1
