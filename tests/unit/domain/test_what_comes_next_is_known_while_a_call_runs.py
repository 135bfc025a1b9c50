"""The question that a decision asks the archive, and that it is foreseen while the call before it runs."""

from typing import Any

import pytest

from domain import decision, judge
from domain.answers import Answer, Usage
from domain.events import ToolReturned
from domain.job import JobState
from domain.recall import ASKED, next_question, question
from domain.spoken import RequirementChanged
from domain.todo import ItemResult
from tests.unit.domain.toy import NOW, TOOLS, opened

PLAN = [{"item": "one", "text": "count boilers"}, {"item": "two", "text": "count ships"}]


def calling(**more: Any) -> JobState:
    """A job whose call for the first of two items is open."""
    intent = {"kind": "use_tool", "tool": "pure", "args": {}, "item": "one", **more}
    answer = Answer.model_validate({"says": "on it", "plan": PLAN, "intent": intent})
    terms, usage = decision.Terms(now=NOW), Usage()
    state = opened()
    state = state.apply_all(decision.decided(state, answer, TOOLS, terms, model="toy", usage=usage))
    called = judge.call(judge.Standing(seen=state.version, tail=(), state=state), NOW, 60.0)
    assert called
    return state.apply_all(called)


def returned(state: JobState) -> JobState:
    assert state.call is not None
    return state.apply(ToolReturned(call=state.call.version, result=ItemResult(text="17"), at=NOW))


@pytest.mark.parametrize(("completes", "item"), [(True, "count ships"), (False, "count boilers")])
def test_it_is_asked_for_the_item_that_comes_next(completes: bool, item: str) -> None:
    state = calling(completes=completes)
    assert next_question(state, NOW) == f"send it all  {item}"
    assert next_question(state, NOW) == question(returned(state))


def test_a_requirement_is_part_of_it() -> None:
    state = calling()
    said = RequirementChanged(message_id="m1", by="ann", at=NOW, text="whales too", revision=2)
    assert "whales too" in question(state.apply(said))
    assert question(state.apply(said)) != question(state)


def test_it_is_bounded() -> None:
    state = calling()
    said = RequirementChanged(message_id="m1", by="ann", at=NOW, text="x" * ASKED, revision=2)
    assert len(question(state.apply(said))) == ASKED


def test_without_an_open_call_nothing_is_foreseen() -> None:
    assert next_question(opened(), NOW) is None
    assert next_question(returned(calling()), NOW) is None
