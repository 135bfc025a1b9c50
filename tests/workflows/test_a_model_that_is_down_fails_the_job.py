"""A model that raises again and again: used-up retries are a `StepFailed`, and five of them in a row end the job."""

import pytest

from agents.model import Context, Reply
from domain.errors import ModelUnavailable
from tests.support.jobs import ended, events, of_type, toy
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents
from workflows import options


class Failing:
    """Raises `count` times, then answers as the toy does."""

    name = "failing"

    def __init__(self, error: Exception, count: int) -> None:
        self.error = error
        self.left = count

    async def reply(self, context: Context) -> Reply:
        if self.left:
            self.left -= 1
            raise self.error
        return await Toy().reply(context)


@pytest.fixture
def agents(witness: Witness) -> Agents:
    models = {
        "down": Failing(ModelUnavailable("no answer"), 10_000),
        "mad": Failing(KeyError("choices"), 10_000),
        "shaky": Failing(ModelUnavailable("no answer"), 7),
    }
    return Agents({"toy": Toy(), **models}, toy_tools(witness))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few attempts with short pauses: their number is a setting of the code, the promise is what follows."""
    monkeypatch.setattr(options, "ATTEMPTS", 3)


@pytest.mark.parametrize(("job_type", "words"), [("down", "no answer"), ("mad", "choices")])
async def test_it_fails_with_its_reason(job_type: str, words: str, world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "keyed", job_type=job_type))
    state = await ended(world.longhaul, unique, 40)
    failed = of_type(await events(world.longhaul, unique), "StepFailed")
    assert state.status == "failed"
    assert [getattr(event, "move", "") for event in failed] == ["Decide"] * 5
    assert all(words in getattr(event, "why", "") for event in failed)
    assert words in getattr(state.end, "why", "")
    result = await world.longhaul.temporal.get_workflow_handle(f"job/{unique}").result()
    assert result["status"] == "failed"
    assert not world.witness.effects()


async def test_it_goes_on_when_the_model_is_back(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "keyed", job_type="shaky"))
    state = await ended(world.longhaul, unique, 40)
    assert state.status == "completed"
    assert len(of_type(await events(world.longhaul, unique), "StepFailed")) == 2
    assert len(world.witness.effects()) == 1
