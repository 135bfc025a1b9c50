"""A job that was told more than its model can take asks a person to sum it up, and then goes on with their words."""

import pytest

from agents.heard import SUM_UP
from domain.events import JobCompleted
from settings import Settings
from tests.conftest import until
from tests.support.jobs import ended, waits
from tests.support.language_server import LanguageServer, calls
from tests.workflows.conftest import World
from tests.workflows.general.conftest import Ask

PLAN = ("plan", {"items": [{"item": "paint", "text": "Paint the door"}]})
DONE = {"todo_item": "paint", "completes_item": True}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"prompt_tokens": 4000})


async def test_it_goes_on_with_the_summary(world: World, server: LanguageServer, general: Ask) -> None:
    asked, longhaul = general("paint the door"), world.longhaul
    which = calls(PLAN, ("ask", {"question": "Which colour?", "default": "blue"}))
    server.mind = lambda _: which
    await longhaul.start(asked)
    await waits(longhaul, asked.job)
    for number in range(5):
        await longhaul.say(asked.job, "tell", {"by": "ann", "text": f"{number}: " + "not this green, that one; " * 120})

    async def is_too_much() -> bool:
        state = await longhaul.state(asked.job)
        newest = max((said.version for said in state.requirements), default=0)
        asks = [each for each in state.requests if each.id > newest and each.about.startswith(SUM_UP)]
        return len(state.requirements) == 5 and bool(asks)

    await until(is_too_much)
    request = (await longhaul.state(asked.job)).requests[-1]
    before = len(server.asked)
    server.script = [
        calls(PLAN, ("complete", {"note": "green it is", **DONE})),
        calls(("finish", {"result": "It is green."})),
    ]
    await longhaul.say(asked.job, "answer", {"by": "ann", "request": request.id, "text": "Paint it RAL 6018."})
    state = await ended(longhaul, asked.job)
    assert isinstance(state.end, JobCompleted), state.end
    assert "ann: Paint it RAL 6018." in server.asked[before].prompt
    assert "not this green" not in server.asked[before].prompt
