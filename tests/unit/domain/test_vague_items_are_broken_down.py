"""A vague plan is not worked on: the planner must answer with concrete steps, and in the end people are asked."""

from typing import Any

import pytest

from domain import decision, unclear
from domain import events as e
from domain import todo_events as t
from domain.answers import Ask, PlannedCall, Usage
from domain.facts import MAX_VAGUE
from domain.hear import hear, parse
from domain.job import JobState
from domain.moves import Act, Decide, Wait
from domain.todo import ItemStatus
from domain.todo_file import JobTodo, new_item
from domain.todo_hand import adding
from domain.unclear import VagueAnswer
from tests.unit.domain import toy

TERMS = decision.Terms(now=toy.NOW)
VAGUE = [{"item": "a", "text": "build feature"}]
CONCRETE = [{"item": "a", "text": "Write the login form"}, {"item": "b", "text": "Test it with a wrong password"}]


def use(item: str = "a") -> dict[str, Any]:
    return {"kind": "use_tool", "tool": "keyed", "args": {}, "item": item}


def answered(state: JobState, plan: list[dict[str, Any]] | None, intent: dict[str, Any]) -> JobState:
    """The job after one more answer, as `activities.thinking` records it."""
    raw = {"says": "on it", "plan": plan, "intent": intent}
    try:
        events = decision.decided(state, decision.parse(raw), toy.TOOLS, TERMS, model="toy", usage=Usage(cost=0.5))
    except VagueAnswer as vague:
        events = unclear.refused(state, vague, raw, Usage(cost=0.5), TERMS.deadline(unclear.DEFAULT))
    return state.apply_all(events)


def asking() -> JobState:
    """A job whose model gave nothing but vague plans."""
    state = toy.opened()
    for _ in range(MAX_VAGUE):
        state = answered(state, VAGUE, use())
    return state


def with_a_line(text: str) -> JobState:
    """A job to whose concrete plan a person has added a line."""
    planned = answered(toy.opened(), CONCRETE, use())
    return planned.apply(adding(JobTodo.of(planned), text, by="ann", at=toy.NOW))


def by_hand(text: str) -> str:
    item = new_item(text)
    assert item is not None
    return item.item


def test_a_vague_plan_is_not_taken_and_the_model_is_told_why() -> None:
    state = answered(toy.opened(), VAGUE, use())
    assert state.todo == ()
    assert state.intent is None
    assert isinstance(state.next_move(), Decide)
    assert "a (build feature): it says that something is to be done" in state.fault
    assert state.cost == 0.5, "what it cost counts"


def test_a_concrete_plan_after_it_is_worked_on() -> None:
    state = answered(answered(toy.opened(), VAGUE, use()), CONCRETE, use())
    assert [item.text for item in state.todo] == [item["text"] for item in CONCRETE]
    assert isinstance(state.next_move(), Act)
    assert state.vague == 0, "it starts anew"


def test_after_so_many_a_person_is_asked_and_the_job_neither_loops_nor_fails() -> None:
    state = asking()
    assert isinstance(state.next_move(), Wait)
    (request,) = state.requests
    assert (request.kind, request.deadline.default) == ("question", unclear.DEFAULT)
    assert 'The plan does not say what is to be done: "build feature"' in request.about
    assert state.end is None


@pytest.mark.parametrize("by", ["ann", None])
def test_what_people_were_shown_is_then_worked_on(by: str | None) -> None:
    state, request = asking(), asking().requests[0].id
    if by:
        said = parse("answer", {"by": by, "request": request, "text": "just that"}, "m1", toy.NOW)
        state = state.apply(hear(state, said))
    else:
        state = state.apply(e.RequestExpired(request=request, default=unclear.DEFAULT, at=toy.NOW))
    state = state.apply(e.TurnTaken(at=toy.NOW))
    assert isinstance(state.next_move(), Decide)
    state = answered(state, VAGUE, use())
    assert isinstance(state.next_move(), Act)
    assert state.exchanges[0].answer == ("just that" if by else unclear.DEFAULT), "the model is told"


def test_a_persons_vague_line_is_kept_and_marked() -> None:
    state = with_a_line("handle it")
    assert (state.todo[-1].text, bool(state.todo[-1].vague)) == ("handle it", True)


def test_work_on_it_does_not_start() -> None:
    item = by_hand("handle it")
    state = answered(with_a_line("handle it"), None, use(item))
    assert state.intent is None
    assert state.vague == 1
    assert next(one.status for one in state.todo if one.item == item) is ItemStatus.PENDING
    assert state.todo[0].status is ItemStatus.IN_PROGRESS, "a concrete one is at work, wherever it stands"


def test_the_planner_replaces_it_by_concrete_items() -> None:
    state, item = with_a_line("handle it"), by_hand("handle it")
    plan = [*CONCRETE, {"item": "c", "text": "Mail the refund to Bob"}]
    raw = decision.parse({"says": "so", "plan": plan, "intent": use("c")})
    planned = decision.decided(state, raw, toy.TOOLS, TERMS, model="toy", usage=Usage())[0]
    assert isinstance(planned, e.PlanRevised)
    assert [(one.item, one.why) for one in planned.dropped] == [(item, "broken down into c")]


def test_a_plan_may_keep_it_for_later_and_it_stays_marked() -> None:
    state = with_a_line("handle it")
    later = answered(state, [*CONCRETE, {"item": by_hand("handle it"), "text": "handle it"}], use())
    assert later.todo[-1].vague == state.todo[-1].vague != ""
    assert isinstance(later.intent, PlannedCall)


def test_a_model_cannot_mark_its_own_line_as_concrete_or_a_persons() -> None:
    state = answered(toy.opened(), [{**VAGUE[0], "vague": "a person wrote it"}], use())
    assert state.todo == ()
    kept = [*CONCRETE, {"item": by_hand("handle it"), "text": "handle it", "vague": ""}]
    assert answered(with_a_line("handle it"), kept, use()).todo[-1].vague


def test_asking_about_a_persons_line_ends_in_its_words() -> None:
    state, item = with_a_line("handle it"), by_hand("handle it")
    for _ in range(MAX_VAGUE):
        state = answered(state, None, use(item))
    assert isinstance(state.intent, Ask)
    state = state.apply(e.RequestExpired(request=state.requests[0].id, default=unclear.DEFAULT, at=toy.NOW))
    assert isinstance(answered(state.apply(e.TurnTaken(at=toy.NOW)), None, use(item)).next_move(), Act)
    assert state.todo[-1].vague == "", "it is not marked any more"


def test_journals_of_older_releases_hold_no_verdict_and_keep_their_items() -> None:
    old = {"type": "PlanRevised", "revision": 1, "items": [{"item": "a", "text": "build feature"}]}
    state = toy.opened().apply(e.JOB_EVENT.validate_python(old))
    assert [item.vague for item in state.todo] == [""]
    assert isinstance(answered(state, None, use()).next_move(), Act)
    assert t.VagueAnswered(items=(), excerpt="").usage == Usage()
