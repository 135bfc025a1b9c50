"""The prompt has its room, shared out: results give way, people's words do not; what is too much, people sum up."""

import pytest

from agents.choice import Choice
from agents.heard import SUM_UP, TooMuchSaid
from agents.llm import LanguageModel
from agents.prompt import NOT_AGAIN, SAID, prompt
from domain.decision import parse
from domain.errors import Refused
from domain.events import JobEvent, QuestionAsked, RequestExpired, TodoEdited
from domain.job import JobState
from domain.messages import Deadline
from domain.spoken import InformationGiven, QuestionAnswered, RequirementChanged
from domain.tokens import beginning, tokens
from tests.unit.agents.language import NOW, Kept, opened, told
from tests.unit.agents.test_what_is_not_ours_is_quoted import PLAN, step

MOST = 4000
DEADLINE = Deadline(until=NOW + 60, default="x")


def requirement(number: int, words: int = 200) -> RequirementChanged:
    text = f"Requirement {number}: " + "paint it blue " * (words // 3)
    return RequirementChanged(message_id=f"m{number}", by="ann", at=NOW, revision=number, text=text)


def asked() -> QuestionAsked:
    return QuestionAsked(about=f"{SUM_UP} …", deadline=DEADLINE)


def much() -> tuple[JobEvent, ...]:
    return tuple(requirement(number) for number in range(2, 14))


def answered(state: JobState, text: str) -> QuestionAnswered:
    return QuestionAnswered(message_id="a1", by="ann", at=NOW, request=state.version, text=text)


async def test_every_word_of_people_is_there_and_results_give_way() -> None:
    content = b"result! " * 10_000
    said = tuple(requirement(number) for number in range(2, 8))
    state = opened("write", PLAN, *step(content), *said)
    text = await prompt(told(state, kept=Kept(content)), MOST)
    assert all(each.text in text for each in said)
    assert "(cut here: it has 80000 characters)" in text
    assert tokens(text) <= MOST * 1.02


async def test_older_results_are_named_when_there_is_no_room_for_them() -> None:
    contents = [f"{name} ".encode() * 4000 for name in ("first", "second", "third", "fourth", "fifth")]
    state = opened("write", PLAN)
    for content in contents:
        answered, called, returned = step(content)
        state = state.apply_all([answered, called, returned.model_copy(update={"call": state.version + 2})])
    text = await prompt(told(state, kept=Kept(*contents)), MOST)
    assert [text.count(f"{name} {name}") > 100 for name in ("first", "second", "third", "fifth")] == [0, 0, 1, 1]
    assert text.count(NOT_AGAIN) >= 1
    assert text.index("third third") < text.index("fifth fifth")
    assert tokens(text) <= MOST * 1.05


async def test_too_much_is_not_cut_but_asked_to_be_summed_up() -> None:
    state = opened("write", *much())
    with pytest.raises(TooMuchSaid):
        await prompt(told(state), MOST)
    reply = await _model().reply(told(state))
    intent = parse(reply.answer).intent
    assert intent.kind == "ask"
    assert intent.question.startswith(SUM_UP)
    assert f"of {int(MOST * SAID)} that there is room for" in intent.question


async def test_a_goal_that_is_too_long_alone_is_refused_as_no_summary_would_help() -> None:
    state = opened("write " * 600, *(requirement(number, 900) for number in (2, 3, 4)))
    with pytest.raises(Refused, match="set LONGHAUL_PROMPT_TOKENS higher where workers run"):
        await prompt(told(state), 3000)


async def test_the_summary_stands_for_what_was_said_before_it() -> None:
    state = opened("write", *much(), asked())
    state = state.apply(answered(state, "Paint it green; mail Bob."))
    new = InformationGiven(message_id="i1", by="ben", at=NOW, text="the paint is here")
    text = await prompt(told(state.apply(new)), MOST)
    assert "ann: Paint it green; mail Bob." in text
    assert "ben: the paint is here" in text
    assert "paint it blue" not in text
    assert "# Goal\nwrite" in text
    assert SUM_UP not in text


async def test_what_was_said_while_the_question_stood_is_told_too() -> None:
    state = opened("write", *much(), asked())
    question = state.version
    state = state.apply(requirement(99, 9))
    summary = QuestionAnswered(message_id="a1", by="ann", at=NOW, request=question, text="Green.")
    text = await prompt(told(state.apply(summary)), MOST)
    assert "Requirement 99" in text
    assert "Requirement 3:" not in text


async def test_that_a_person_ticked_the_item_at_work_is_told_after_a_summary_too() -> None:
    state = opened("write", *much(), asked())
    state = state.apply(answered(state, "Green."))
    state = state.apply_all([PLAN.model_copy(update={"revision": state.revision}), *step(None)[:1]])
    ticked = TodoEdited(by="ann", ticked=("one",), order=("one",), at=NOW)
    assert "I ticked item one as done" in await prompt(told(state.apply(ticked)), MOST)


async def test_when_nobody_sums_it_up_the_job_gives_up_and_says_why() -> None:
    state = opened("write", *much(), asked())
    state = state.apply(RequestExpired(request=state.version, default="x", at=NOW + 60))
    intent = parse((await _model().reply(told(state))).answer).intent
    assert intent.kind == "give_up"
    assert "nobody summed it up in time" in intent.reason


def test_the_beginning_of_a_text() -> None:
    assert beginning("one two three", 2) == "one two "
    assert beginning("one two", 2) == "one two"
    assert beginning("", 0) == ""
    assert not beginning("one", 0)


def _model() -> LanguageModel:
    return LanguageModel(Choice("openai:x", url="http://localhost:1/v1", price="0/0", prompt_tokens=MOST))
