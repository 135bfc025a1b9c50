"""A large piece of work: one consent covers its batch, and the state knows which of its numbered parts are done."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import decision, hear
from domain import events as e
from domain.answers import Answer, PlannedCall, Usage
from domain.errors import InvalidAnswer
from domain.events import FaultKind
from domain.job import JobState
from domain.messages import Deadline
from domain.moves import Act, Close, Decide, Wait
from domain.parts import count, holds, with_part
from domain.todo import ItemResult, ItemStatus
from tests.unit.domain import toy

PLAN = [{"item": "all", "text": "send all", "parts": 3}]


def meant(part: int, batch: str = "a", plan: Any = None, **more: Any) -> dict[str, Any]:
    args = {"batch": batch, "row": part}
    use = {"kind": "use_tool", "tool": "many", "args": args, "item": "all", "completes": False, "part": part}
    return {"says": "on it", "plan": plan, "intent": {**use, **more}}


def answered(state: JobState, raw: dict[str, Any]) -> JobState:
    terms = decision.Terms(now=toy.NOW)
    answer = Answer.model_validate(raw)
    return state.apply_all(decision.decided(state, answer, toy.TOOLS, terms, model="toy", usage=Usage()))


def told(state: JobState, kind: str, **said: Any) -> JobState:
    message = hear.parse(kind, {"by": "bob", **said}, f"m{state.version}", toy.NOW)
    return state.apply(hear.hear(state, message)).apply(e.TurnTaken(at=toy.NOW))


def called(state: JobState) -> JobState:
    move = state.next_move()
    assert isinstance(move, Act)
    at = {"at": toy.NOW, "deadline": toy.NOW + 9}
    return state.apply(e.ToolCalled(call=move.call, revision=state.revision, step=state.steps_done + 1, **at))


def sent(state: JobState) -> JobState:
    state = called(state)
    return state.apply(e.ToolReturned(call=state.version, result=ItemResult(text="sent"), at=toy.NOW))


def failed(state: JobState, kind: FaultKind) -> JobState:
    state = called(state)
    return state.apply(e.ToolFailed(call=state.version, kind=kind, why="no", at=toy.NOW))


def in_doubt(state: JobState) -> JobState:
    state = called(state)
    deadline = Deadline(until=toy.NOW + 60, default="skip")
    return state.apply(e.OutcomeUnknown(call=state.version, why="?", about="?", deadline=deadline, at=toy.NOW))


def asked() -> JobState:
    return answered(toy.opened(), meant(1, plan=PLAN))


def granted() -> JobState:
    state = asked()
    return told(state, "approve", request=state.requests[0].id)


def test_the_batch_is_asked_about_and_named() -> None:
    [request] = asked().requests
    assert (request.about, request.args_hash) == ("all of batch a", "a" * 64)
    assert isinstance(asked().next_move(), Wait)


def test_one_consent_covers_every_call_of_the_batch() -> None:
    state = granted()
    for part in (1, 2, 3):
        state = sent(answered(state, meant(part)))
    assert not state.requests
    assert state.parts == ((1, 3),)


def test_a_consent_to_one_batch_is_void_for_another() -> None:
    state = answered(sent(granted()), meant(2, batch="b"))
    assert [request.args_hash for request in state.requests] == ["b" * 64]
    assert isinstance(state.next_move(), Wait)
    assert not any(consent.verdict == "granted" for consent in state.consents)


def test_a_consent_to_a_batch_outlives_a_change_that_only_shrinks_it() -> None:
    changed = told(sent(granted()), "tell", text="skip row 2")
    again = answered(changed, meant(3, plan=[{"item": "all", "text": "send the rest", "parts": 2}]))
    assert isinstance(again.next_move(), Act)
    assert (again.todo[0].parts_done, again.todo[0].parts) == (1, 2)


def test_a_consent_to_a_batch_outlives_questions_and_other_tools() -> None:
    state = sent(granted())
    question = {"says": "?", "intent": {"kind": "ask", "question": "go on?", "default": "no"}}
    state = answered(state, question)
    state = told(state, "answer", request=state.requests[0].id, text="yes")
    other = {"kind": "use_tool", "tool": "pure", "args": {}, "item": "all", "completes": False}
    state = sent(answered(state, {"says": "look", "intent": other}))
    assert isinstance(answered(state, meant(2)).next_move(), Act)


def test_a_denied_batch_is_not_asked_again_for_another_call() -> None:
    state = told(asked(), "reject", request=asked().requests[0].id)
    assert isinstance(state.next_move(), Decide)
    with pytest.raises(InvalidAnswer, match="denied"):
        answered(state, meant(2))


def test_a_part_that_can_never_work_is_set_aside_and_fails_no_job() -> None:
    state = granted()
    for part in range(1, 20):
        state = failed(answered(state, meant(part)), "invalid")
    assert state.refused_parts == ((1, 19),)
    assert (state.parts, state.failures) == ((), 0)
    assert not isinstance(state.next_move(), Close)


def test_failures_of_other_kinds_count_until_a_person_says_go_on() -> None:
    state = granted()
    for _ in range(3):
        state = failed(answered(state, meant(1)), "refused")
    assert (state.failures, state.refused_parts) == (3, ())
    state = answered(state, {"says": "?", "intent": {"kind": "ask", "question": "go on?", "default": "no"}})
    assert told(state, "answer", request=state.requests[0].id, text="yes").failures == 0


def test_a_part_in_doubt_is_settled_alone() -> None:
    for verdict, parts in (("sent", ((1, 1),)), ("skip", ()), ("again", ())):
        state = in_doubt(answered(granted(), meant(1)))
        request = next(r for r in state.requests if r.kind == "unknown_outcome")
        state = told(state, "answer", request=request.id, text=verdict)
        assert state.parts == parts, verdict
        assert [item.item for item in state.todo] == ["all"], verdict
        assert state.todo[0].parts_done == len(parts)
    assert isinstance(state.intent, PlannedCall)
    assert state.intent.part == 1


def test_work_goes_on_beside_what_is_in_doubt() -> None:
    state = in_doubt(answered(granted(), meant(1)))
    assert isinstance(answered(state, meant(2)).next_move(), Act)


def test_a_late_outcome_counts_its_part_once() -> None:
    state = in_doubt(answered(granted(), meant(1)))
    call = state.unknown[0].open.version
    request = next(r for r in state.requests if r.kind == "unknown_outcome")
    late = e.LateOutcome(call=call, happened=True, result=ItemResult(text="sent"), at=toy.NOW)
    assert state.apply(late).parts == ((1, 1),)
    both = told(state, "answer", request=request.id, text="sent").apply(late)
    assert (both.parts, both.todo[0].parts_done) == (((1, 1),), 1)


def test_the_last_part_completes_the_item() -> None:
    state = sent(answered(granted(), meant(1)))
    state = sent(answered(state, meant(2, completes=True)))
    assert state.todo[0].status is ItemStatus.COMPLETED
    assert state.todo[0].parts_done == 2


@given(st.lists(st.integers(min_value=0, max_value=60), max_size=80))
def test_ranges_are_a_set(parts: list[int]) -> None:
    ranges: tuple[tuple[int, int], ...] = ()
    for part in parts:
        ranges = with_part(ranges, part)
    assert [n for n in range(62) if holds(ranges, n)] == sorted(set(parts))
    assert count(ranges) == len(set(parts))
    assert all(first <= last for first, last in ranges)
    assert all(left[1] + 1 < right[0] for left, right in pairwise(ranges))
