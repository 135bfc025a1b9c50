"""Any event may follow any other: one that does not fit changes the version only, and nothing ever raises."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from domain import events as e
from domain import spoken as s
from domain.erasure import TextErased
from domain.job import JobState
from domain.judge import Standing, alarms, call, end, failure, may_decide, turn
from tests.unit.domain import toy
from tests.unit.domain.event_strategies import EVENT_TYPES, EVENTS, of

QUICK = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
THOROUGH = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
EACH = pytest.mark.parametrize("event_type", EVENT_TYPES, ids=lambda each: each.__name__)

STATES = {
    "empty": JobState(),
    "open": toy.opened(),
    "planned": toy.opened().apply_all(toy.decided(toy.opened())),
    "ended": toy.opened().apply(e.JobFailed(why="over")),
}


def test_every_event_type_is_tried() -> None:
    assert len(EVENT_TYPES) == len({each.__name__ for each in EVENT_TYPES}) >= 33


@EACH
@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
@QUICK
@given(data=st.data())
def test_an_event_that_does_not_fit_changes_the_version_only(
    event_type: type[BaseModel], state: JobState, data: st.DataObject
) -> None:
    event = data.draw(of(event_type))
    after = state.apply(event)
    assert after.version == state.version + 1
    if not fits(state, event):
        assert after == state.model_copy(update={"version": state.version + 1})


@EACH
@QUICK
@given(data=st.data())
def test_after_the_end_nothing_changes(event_type: type[BaseModel], data: st.DataObject) -> None:
    ended = STATES["ended"]
    after = ended.apply(data.draw(of(event_type)))
    assert after == ended.model_copy(update={"version": ended.version + 1})


@THOROUGH
@given(events=st.lists(EVENTS, max_size=25))
def test_whatever_stands_in_a_journal_it_folds(events: list[Any]) -> None:
    """No state is one in which the next move, the status or a judge fails, and each survives its journey as JSON."""
    state = toy.opened()
    for number, event in enumerate(events, 1):
        before = state
        state = state.apply(event)
        assert state.version == 3 + number
        if not fits(before, event):
            assert state == before.model_copy(update={"version": state.version})
        _is_sound(state)
    assert JobState.model_validate_json(state.model_dump_json()) == state


@THOROUGH
@given(events=st.lists(EVENTS, max_size=12))
def test_an_event_is_the_same_after_its_journey_through_the_journal(events: list[Any]) -> None:
    for event in events:
        assert e.JOB_EVENT.validate_python(event.model_dump(mode="json")) == event
        assert e.JOB_EVENT.validate_json(event.model_dump_json()) == event


def _is_sound(state: JobState) -> None:
    assert state.status in ("pending", "ready", "in_progress", "waiting", "completed", "failed", "cancelled")
    standing = Standing(seen=state.version, tail=(), state=state)
    move = state.next_move()
    due = [may_decide(standing), bool(turn(standing, 1.0)), bool(call(standing, 1.0, 1.0)), bool(end(standing))]
    assert sum(due) <= 1
    assert bool(failure(standing, "crashed", "x")) == (move is not None)
    assert not (state.end and alarms(standing, 9e12))
    working = [item for item in state.todo if item.status == "in_progress"]
    left = [item for item in state.todo if item.status != "completed"]
    assert len(working) == (1 if state.has_turn and left else 0)


def fits(state: JobState, event: Any) -> bool:
    """Whether the event may change anything but the version: said once more, in other words than the fold's."""
    if state.end:
        return False
    open_requests = {request.id for request in state.requests}
    match event:
        case e.JobRequested():
            return state.asked is None
        case e.JobOpened():
            return state.asked is not None and state.opened_at is None
        case e.TurnTaken():
            return state.opened_at is not None
        case e.TurnLost():
            return state.has_turn
        case e.StepFailed():
            return event.kind != "cancelled"
        case e.RequestVoided():
            return event.request in open_requests | {consent.request for consent in state.consents}
        case e.Reminded():
            return event.request in open_requests | ({state.pause.id} if state.pause else set())
        case e.RequestExpired() | s.QuestionAnswered() | s.ApprovalGranted() | s.ApprovalDenied():
            return event.request in open_requests
        case e.ToolCalled():
            return state.call is None
        case e.CallRenewed() | e.ToolReturned() | e.ToolFailed() | e.OutcomeUnknown():
            return state.call is not None and state.call.version == event.call
        case e.LateOutcome():
            return event.call in {unknown.open.version for unknown in state.unknown if unknown.happened is None}
        case s.OutcomeSettled():
            return event.request in {unknown.request for unknown in state.unknown if unknown.verdict is None}
        case s.JobPaused():
            return state.pause is None
        case s.JobResumed():
            return state.pause is not None
        case s.CancelRequested():
            return state.cancelled is None
        case s.MessageRefused() | TextErased():
            return False
        case _:
            return True
