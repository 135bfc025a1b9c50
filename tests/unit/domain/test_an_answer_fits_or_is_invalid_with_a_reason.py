"""A model's answer becomes events, or the model is told what does not fit."""

from typing import Any

import pytest

from domain import events as e
from domain.answers import Effect, PlannedCall, Usage
from domain.decision import ARGS_BYTES, Terms, decided, invalid, parse
from domain.errors import InvalidAnswer
from domain.facts import DAY, MAX_INVALID
from domain.hear import hear
from domain.hear import parse as said
from domain.job import JobState
from domain.moves import Close
from domain.tools import Catalogue, ToolFacts
from tests.unit.domain import toy
from tests.unit.domain.test_an_unknown_outcome_is_settled_in_any_order import given_up

TERMS = Terms(now=toy.NOW)
PLAN = [{"item": "a", "text": "do a"}, {"item": "b", "text": "do b"}]
FINISH = {"kind": "finish", "result": "done"}


def use(tool: str = "keyed", item: str = "a", **args: Any) -> dict[str, Any]:
    return {"kind": "use_tool", "tool": tool, "args": args, "item": item}


def events_of(state: JobState, intent: Any, plan: Any = None, tools: Catalogue = toy.TOOLS) -> tuple[e.JobEvent, ...]:
    answer = parse({"says": "so", "plan": plan, "intent": intent})
    return decided(state, answer, tools, TERMS, model="toy", usage=Usage())


def answered(state: JobState, intent: Any, plan: Any = None, tools: Catalogue = toy.TOOLS) -> JobState:
    return state.apply_all(events_of(state, intent, plan, tools))


def told(state: JobState, kind: str, **fields: Any) -> JobState:
    return state.apply(hear(state, said(kind, {"by": "ann", **fields}, f"m{state.version}", toy.NOW)))


def _narrow(args: dict[str, Any]) -> dict[str, Any]:
    raise ValueError(f"colour: must be red, not {args.get('colour')!r}")


NARROW = ToolFacts(name="narrow", effect=Effect.KEYED, guarded=False, check=_narrow, summary=repr)
PLANNED = answered(toy.opened(), use(), PLAN)

INVALID: list[tuple[JobState, Any, Any, str]] = [
    (toy.opened(), use(), None, "plan: revision 1 of the requirements needs a new plan"),
    (told(PLANNED, "tell", text="x"), use(), None, "plan: revision 2 of the requirements needs a new plan"),
    (toy.opened(), use(), [PLAN[0], PLAN[0]], "plan: the item 'a' stands there twice"),
    (toy.opened(), use(), [PLAN[0], {"item": "c", "text": "do a"}], "plan: the text 'do a' stands there twice"),
    (toy.opened(), use("fly"), PLAN, "tool: there is no 'fly'; there are guarded, keyed, lookup, many"),
    (toy.opened(), use(item="z"), PLAN, "item: 'z' is not an open item of the plan"),
    (toy.opened(), use(text="x" * ARGS_BYTES), PLAN, "bytes, at most 4096; pass content by reference"),
    (toy.opened(), use(text="a\0b"), PLAN, "args of keyed: "),
    (toy.opened(), use(number=float("nan")), PLAN, "args of keyed: "),
    (toy.opened(), use("narrow", colour="blue"), PLAN, "args of narrow: colour: must be red, not 'blue'"),
    (toy.opened(), FINISH, PLAN, "finish: these items are not completed: a, b"),
    (PLANNED, FINISH, None, "finish: these items are not completed: a, b"),
]


@pytest.mark.parametrize(("state", "intent", "plan", "why"), INVALID, ids=[why for *_, why in INVALID])
def test_what_does_not_fit_is_said(state: JobState, intent: Any, plan: Any, why: str) -> None:
    with pytest.raises(InvalidAnswer) as raised:
        answered(state, intent, plan, {**toy.TOOLS, "narrow": NARROW})
    assert why in str(raised.value)


GARBAGE: list[tuple[Any, str]] = [
    (None, "answer: "),
    ("text", "answer: "),
    ({}, "says: Field required"),
    ({"says": "", "intent": FINISH}, "says: String should have at least 1 character"),
    ({"says": "x" * 4001, "intent": FINISH}, "says: "),
    ({"says": "x"}, "intent: Field required"),
    ({"says": "x", "intent": {"kind": "sing"}}, "intent: Input tag 'sing'"),
    ({"says": "x", "intent": FINISH, "mood": 1}, "mood: Extra inputs are not permitted"),
    ({"says": "x", "plan": [{"item": "a b", "text": "x"}], "intent": FINISH}, "plan.0.item: "),
    ({"says": "x", "plan": [{"item": "a", "text": "x\ny"}], "intent": FINISH}, "plan.0.text: "),
    ({"says": "x", "plan": [{"item": "a", "text": "x" * 301}], "intent": FINISH}, "plan.0.text: "),
    ({"says": "a\0b", "intent": FINISH}, "says: "),
    ({"says": "a\ud800b", "intent": FINISH}, "says: "),
    ({"says": "x", "intent": {"kind": "finish", "result": "a\0b"}}, "intent.finish.result: "),
    ({"says": "x", "intent": {"kind": "finish", "result": "a", "learnings": ["a\0b"]}}, "intent.finish.learnings.0: "),
    ({"says": "x", "intent": {"kind": "ask", "question": "a\0b", "default": "x"}}, "intent.ask.question: "),
    ({"says": "x", "intent": {"kind": "give_up", "reason": "a\0b"}}, "intent.give_up.reason: "),
]


@pytest.mark.parametrize(("raw", "why"), GARBAGE, ids=[f"{n} {why}" for n, (_, why) in enumerate(GARBAGE)])
def test_garbage_is_invalid_with_its_place(raw: Any, why: str) -> None:
    with pytest.raises(InvalidAnswer) as raised:
        parse(raw)
    assert why in str(raised.value)
    event = invalid(raised.value, raw, Usage(cost=0.5))
    assert len(event.why) <= 500
    assert event.excerpt.isascii()
    assert toy.opened().apply(event).cost == 0.5


def test_arguments_may_have_four_kilobytes() -> None:
    around = len('{"text":""}')
    assert isinstance(answered(toy.opened(), use(text="x" * (ARGS_BYTES - around)), PLAN).intent, PlannedCall)
    with pytest.raises(InvalidAnswer, match="4097 bytes"):
        answered(toy.opened(), use(text="x" * (ARGS_BYTES - around + 1)), PLAN)


def test_some_invalid_answers_in_a_row_fail_the_job_and_a_good_one_between_forgives() -> None:
    bad = e.AnswerInvalid(why="no such tool", excerpt="")
    state = toy.opened().apply_all([bad] * (MAX_INVALID - 1))
    forgiven = answered(state, use(), PLAN).apply_all([bad] * (MAX_INVALID - 1))
    assert not isinstance(forgiven.next_move(), Close)
    move = forgiven.apply(bad).next_move()
    assert isinstance(move, Close)
    assert "no such tool" in move.why


def test_a_guarded_call_asks_once_for_its_arguments() -> None:
    state = answered(toy.opened(), use("guarded", to="ann"), PLAN)
    [request] = state.requests
    assert isinstance(state.intent, PlannedCall)
    assert request.args_hash == state.intent.args_hash
    assert request.deadline.until == toy.NOW + 7 * DAY
    assert answered(state, use("guarded", to="ann")).requests == (request,)


def test_an_open_approval_of_other_arguments_is_void() -> None:
    state = answered(toy.opened(), use("guarded", to="ann"), PLAN)
    later = answered(state, use("guarded", to="bob"))
    assert len(later.requests) == 1
    assert later.requests[0].id != state.requests[0].id


def test_a_granted_approval_of_other_arguments_is_void() -> None:
    state = answered(toy.opened(), use("guarded", to="ann"), PLAN)
    granted = told(state, "approve", request=state.requests[0].id)
    assert isinstance(state.intent, PlannedCall)
    assert granted.granted(state.intent)
    assert not answered(granted, use("keyed")).granted(state.intent)
    changed = told(granted, "tell", text="to bob")
    assert not answered(changed, use("guarded", to="bob"), PLAN).granted(state.intent)


def test_a_granted_approval_stays_for_the_same_arguments_after_a_change() -> None:
    state = answered(toy.opened(), use("guarded", to="ann"), PLAN)
    changed = told(told(state, "approve", request=state.requests[0].id), "tell", text="in blue")
    again = answered(changed, use("guarded", to="ann"), PLAN)
    assert again.requests == ()
    assert isinstance(again.intent, PlannedCall)
    assert again.granted(again.intent)


@pytest.mark.parametrize("verdict", ["denied", "expired"])
def test_what_people_refused_cannot_be_asked_again_in_the_same_revision(verdict: str) -> None:
    state = answered(toy.opened(), use("guarded", to="ann"), PLAN)
    request = state.requests[0].id
    expired = e.RequestExpired(request=request, default="not done", at=toy.NOW)
    refused = told(state, "reject", request=request) if verdict == "denied" else state.apply(expired)
    with pytest.raises(InvalidAnswer, match=f"exactly this was {verdict}"):
        answered(refused, use("guarded", to="ann"))
    assert answered(refused, use("guarded", to="bob")).requests
    changed = told(refused, "tell", text="do mail it to ann")
    assert answered(changed, use("guarded", to="ann"), PLAN).requests


def test_a_question_is_asked_once_and_void_when_another_comes() -> None:
    ask = {"kind": "ask", "question": "which?", "default": "the first"}
    state = answered(toy.opened(), ask, PLAN)
    assert answered(state, ask).requests == state.requests
    other = answered(state, {**ask, "question": "how?"})
    assert [request.about for request in other.requests] == ["how?"]


def test_a_new_plan_keeps_what_is_done_and_says_what_it_dropped() -> None:
    state = PLANNED.apply(e.TodoEdited(by="ann", ticked=("a",), at=toy.NOW))
    plan = events_of(state, use(item="c"), [{"item": "c", "text": "do c"}])[0]
    assert isinstance(plan, e.PlanRevised)
    assert [(each.item, each.why) for each in plan.dropped] == [("b", "no longer in the plan")]
    todo = [(each.item, each.status.value) for each in state.apply(plan).todo]
    assert todo == [("a", "completed"), ("c", "in_progress")]


def test_a_job_that_would_finish_waits_until_a_person_says_whether_a_call_went_out() -> None:
    assert answered(given_up(), FINISH, [{"item": "once", "text": "use once"}]).status == "waiting"


def test_an_answer_to_old_requirements_is_no_intent() -> None:
    changed = told(toy.opened(), "tell", text="in blue")
    assert changed.apply_all(events_of(toy.opened(), use(), PLAN)).intent is None
