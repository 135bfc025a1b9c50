"""Steps, cost, the deadline, invalid answers, a model that is down: each ends the job with its reason."""

from collections.abc import Callable

import pytest

from agents.model import Context, Reply
from domain.answers import Usage
from domain.events import Limits
from tests.support.jobs import ended, events, of_type, toy
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents


class Moody:
    """The toy's model in a mood."""

    name = "moody"

    def __init__(self, mood: Callable[[Reply], Reply]) -> None:
        self.mood = mood

    async def reply(self, context: Context) -> Reply:
        return self.mood(await Toy().reply(context))


def _costly(reply: Reply) -> Reply:
    return Reply(reply.answer, Usage(cost=0.4))


def _invalid(reply: Reply) -> Reply:
    return Reply({"says": "I shall fly", "intent": {"kind": "fly"}})


MOODS = {"costly": _costly, "invalid": _invalid}


@pytest.fixture
def agents(witness: Witness) -> Agents:
    models = {name: Moody(mood) for name, mood in MOODS.items()}
    return Agents({"toy": Toy(), **models}, toy_tools(witness))


async def test_steps(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "keyed:1", "keyed:2", "keyed:3", limits=Limits(steps=2)))
    state = await ended(world.longhaul, unique)
    assert (state.status, getattr(state.end, "why", "")) == ("failed", "its limit of 2 steps is used up")
    assert len(world.witness.effects()) == 2


async def test_a_job_that_needs_exactly_its_steps_completes(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "keyed:1", "keyed:2", limits=Limits(steps=2)))
    assert (await ended(world.longhaul, unique)).status == "completed"


async def test_cost(world: World, unique: str) -> None:
    asked = toy(unique, "keyed:1", "keyed:2", "keyed:3", job_type="costly", limits=Limits(cost=1.0))
    await world.longhaul.start(asked)
    state = await ended(world.longhaul, unique)
    assert state.status == "failed"
    assert "its limit is 1.0000" in getattr(state.end, "why", "")
    assert len(world.witness.effects()) == 2


async def test_the_deadline(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded", limits=Limits(days=1 / 86_400)))
    state = await ended(world.longhaul, unique)
    assert (state.status, getattr(state.end, "why", "")) == ("failed", "its deadline has passed")


async def test_three_invalid_answers_in_a_row(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "keyed", job_type="invalid"))
    state = await ended(world.longhaul, unique)
    assert state.status == "failed"
    assert "3 invalid answers in a row" in getattr(state.end, "why", "")
    assert len(of_type(await events(world.longhaul, unique), "AnswerInvalid")) == 3


@pytest.mark.timeout(180)
async def test_an_unknown_job_type_fails_with_its_reason(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "keyed", job_type="nonsense"))
    state = await ended(world.longhaul, unique, 60)
    assert state.status == "failed"
    assert "no job type 'nonsense'" in getattr(state.end, "why", "")
