"""A retried language model says something else: what is recorded stands, and nobody asks again for what is recorded."""

import asyncio

from agents.choice import Choice
from agents.llm import LanguageModel
from domain.answers import PlannedCall
from domain.events import ModelAnswered
from stores.postgres import Pool
from tests.integration.conftest import NewHands
from tests.integration.lives import HeldJobs, Life, Target, meeting
from tests.support.language_server import Calls, LanguageServer, calls, language_server


def _model(server: LanguageServer) -> LanguageModel:
    return LanguageModel(Choice("openai:test-model", url=server.url, price="1/10"))


def _use(text: str) -> Calls:
    plan = ("plan", {"items": [{"item": "one", "text": "Write it up"}]})
    return calls(plan, ("keyed", {"text": text, "todo_item": "one", "completes_item": True}))


async def test_of_two_answers_to_one_question_one_stands(
    new_hands: NewHands, pool: Pool, unique: str, target: Target
) -> None:
    with language_server() as server:
        server.script = [_use("mine"), _use("no, mine")]
        first, hold = await Life(new_hands(), unique).open(), meeting(2)
        attempts = [first.twin(new_hands(jobs=HeldJobs(pool, hold), script=_model(server))) for _ in range(2)]
        await asyncio.gather(*(attempt.decide() for attempt in attempts))
        late = first.twin(new_hands(script=_model(server)))
        await late.decide()
        asked = len(server.asked)
    [answered] = [event for event in await late.journal() if isinstance(event, ModelAnswered)]
    assert isinstance(answered.intent, PlannedCall)
    assert all(attempt.state.intent == answered.intent for attempt in (*attempts, late))
    assert asked == 2, "whoever comes later finds the answer in the journal"
    await late.act()
    assert [text for _, text in target.came] == [answered.intent.args["text"]]
