"""A person ticks or drops the item that the job is at: the model is told, and what was begun is not sent again."""

import pytest

from domain import events as e
from domain import judge
from domain.answers import PlannedCall
from domain.facts import Said
from domain.job import JobState
from domain.judge import Standing
from domain.moves import Act, Decide
from domain.todo import ItemResult, ItemStatus
from domain.todo_file import JobTodo
from domain.todo_hand import dropping, ticking
from tests.unit.domain import toy

SAID = {
    "tick": "I ticked item keyed as done while you worked on it",
    "drop": "I dropped item keyed (not needed) while you worked on it",
}


def calling() -> JobState:
    """A job with an open call for its first item."""
    state = toy.opened()
    state = state.apply_all(toy.decided(state, tools=("keyed", "pure")))
    assert isinstance(state.intent, PlannedCall)
    return state.apply(e.ToolCalled(call=state.intent, revision=1, step=1, at=toy.NOW, deadline=toy.NOW + 10))


def touched(state: JobState, how: str, item: str) -> JobState:
    todo = JobTodo.of(state)
    edit = ticking(todo, item, "ann", toy.NOW) if how == "tick" else dropping(todo, item, "ann", toy.NOW, "not needed")
    return state.apply(edit)


@pytest.mark.parametrize("how", SAID)
def test_the_model_is_told(how: str) -> None:
    state = touched(calling(), how, "keyed")
    assert state.information == (Said(by="ann", text=SAID[how], revision=1, version=state.version),)


@pytest.mark.parametrize("how", SAID)
def test_the_open_call_is_settled_and_not_sent_again(how: str) -> None:
    state = touched(calling(), how, "keyed")
    assert state.call_is_voided
    assert isinstance(state.next_move(), Act), "an open call is settled before all else"
    assert state.call is not None
    assert judge.renewal(Standing(seen=0, tail=(), state=state), state.call, toy.NOW, 10) == ()


@pytest.mark.parametrize("how", SAID)
def test_another_item_is_no_news_of_the_one_at_work(how: str) -> None:
    state = touched(calling(), how, "pure")
    assert state.information == ()
    assert not state.call_is_voided


@pytest.mark.parametrize("happened", [True, False])
def test_the_tick_is_no_lost_update_whatever_comes_of_the_call(happened: bool) -> None:
    state = touched(calling(), "tick", "keyed")
    assert state.call is not None
    call = state.call.version
    if happened:
        later = state.apply(e.ToolReturned(call=call, result=ItemResult(text="sent"), at=toy.NOW))
    else:
        later = state.apply(e.ToolFailed(call=call, kind="crashed", why="boom", at=toy.NOW))
    item = next(item for item in later.todo if item.item == "keyed")
    assert item.status is ItemStatus.COMPLETED
    assert item.result == ItemResult(text="sent" if happened else "ticked by ann")


def test_a_dropped_item_stays_dropped_and_the_model_plans_on() -> None:
    state = touched(calling(), "drop", "keyed")
    assert state.call is not None
    later = state.apply(e.ToolReturned(call=state.call.version, result=ItemResult(text="sent"), at=toy.NOW))
    assert [item.item for item in later.todo] == ["pure"]
    assert isinstance(later.next_move(), Decide)
    assert later.todo[0].status is ItemStatus.IN_PROGRESS
