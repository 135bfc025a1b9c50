"""The next move: what goes before what, the limits of a job, and its words for where it stands."""

from typing import Any

import pytest

from domain import events as e
from domain import judge
from domain.facts import DAY, MAX_FAILURES
from domain.hear import hear, parse
from domain.job import JobState
from domain.judge import Standing
from domain.moves import Act, Close, Decide, TakeTurn, Wait
from domain.todo import ItemResult
from tests.unit.domain import toy


def planned(tool: str = "keyed", **limits: Any) -> JobState:
    state = toy.opened(e.Limits(**limits))
    return state.apply_all(toy.decided(state, tools=(tool, "once")))


def called(state: JobState) -> JobState:
    return state.apply_all(judge.call(Standing(seen=state.version, tail=(), state=state), toy.NOW, 10.0))


def returned(state: JobState) -> JobState:
    assert state.call
    return state.apply(e.ToolReturned(call=state.call.version, result=ItemResult(text="x"), at=toy.NOW))


def told(state: JobState, kind: str, **said: Any) -> JobState:
    return state.apply(hear(state, parse(kind, {"by": "ann", **said}, f"m{state.version}", toy.NOW)))


def finishing() -> JobState:
    state = toy.opened()
    return state.apply_all(toy.decided(state, tools=()))


OVERDUE = e.JobOverdue(at=toy.NOW)
FAILED = e.StepFailed(move="Decide", kind="crashed", why="boom")


def test_nothing_comes_before_the_opening_and_after_the_end() -> None:
    assert JobState().next_move() is None
    assert JobState().apply(toy.requested()).next_move() is None
    for end in (e.JobCompleted(result="x"), e.JobFailed(why="x"), e.JobCancelled(by="ann")):
        assert planned().apply(end).next_move() is None
        assert called(planned()).apply(end).next_move() is None


def test_an_open_call_comes_before_everything() -> None:
    state = told(told(told(called(planned()), "pause"), "tell", text="x"), "cancel")
    state = state.apply_all([OVERDUE, *[FAILED] * MAX_FAILURES])
    assert state.call
    assert state.next_move() == Act(call=state.call.call, open=state.call.version)


def test_a_cancellation_comes_before_limits_and_pause() -> None:
    state = told(told(planned(), "pause"), "cancel").apply_all([OVERDUE, *[FAILED] * MAX_FAILURES])
    assert state.next_move() == Close(how="cancelled")


def test_a_used_up_limit_comes_before_a_pause() -> None:
    assert told(planned(), "pause").apply(OVERDUE).next_move() == Close(how="failed", why="its deadline has passed")


def test_a_pause_comes_before_the_work() -> None:
    state = told(planned(), "pause")
    assert isinstance(state.next_move(), Wait)
    assert not state.has_turn
    resumed = told(state, "resume")
    assert resumed.next_move() == TakeTurn()


@pytest.mark.parametrize("state", [finishing(), toy.opened(), planned()], ids=["finish", "decide", "act"])
def test_a_pause_holds_up_every_kind_of_work(state: JobState) -> None:
    assert isinstance(told(state, "pause").next_move(), Wait)


def test_a_request_comes_before_the_turn_and_the_turn_before_the_work() -> None:
    state = planned("guarded")
    assert isinstance(state.next_move(), Wait)
    granted = told(state, "approve", request=state.requests[0].id)
    assert granted.next_move() == TakeTurn()
    assert isinstance(granted.apply(e.TurnTaken(at=toy.NOW)).next_move(), Act)


def test_a_plan_that_follows_a_refusal_is_the_models() -> None:
    state = planned("guarded")
    refused = told(state, "reject", request=state.requests[0].id).apply(e.TurnTaken(at=toy.NOW))
    assert refused.next_move() == Decide()


def test_a_changed_requirement_is_decided_about_before_anything_else_is_done() -> None:
    for state in (planned(), finishing(), planned("guarded")):
        changed = told(state, "tell", text="x").apply(e.TurnTaken(at=toy.NOW))
        assert changed.next_move() == Decide()


def test_information_changes_no_plan() -> None:
    assert told(planned(), "inform", text="x").next_move() == planned().next_move()


def test_the_limit_of_steps_ends_the_job_before_one_more() -> None:
    state = planned(steps=1)
    state = returned(called(state))
    state = state.apply_all(toy.decided(state, tools=("keyed", "once")))
    assert state.next_move() == Close(how="failed", why="its limit of 1 steps is used up")


def test_a_job_that_is_done_at_its_limit_is_done() -> None:
    state = toy.opened(e.Limits(steps=1))
    state = returned(called(state.apply_all(toy.decided(state, tools=("keyed",)))))
    state = state.apply_all(toy.decided(state, tools=("keyed",)))
    assert state.next_move() == Close(how="completed", why="all of it")


@pytest.mark.parametrize(("cost", "over"), [(1.0, False), (1.01, True)])
def test_the_limit_of_cost_holds_once_it_is_exceeded(cost: float, over: bool) -> None:
    state = toy.opened(e.Limits(cost=1.0))
    state = state.apply(e.AnswerInvalid(why="x", excerpt="", usage={"cost": cost}))
    assert isinstance(state.next_move(), Close) is over


def test_a_wait_ends_with_the_first_alarm_or_the_jobs_deadline() -> None:
    state = planned("guarded")
    move = state.next_move()
    assert isinstance(move, Wait)
    assert move.until == toy.NOW + 4 * DAY
    short = planned("guarded", days=2)
    move = short.next_move()
    assert isinstance(move, Wait)
    assert move.until == toy.NOW + 2 * DAY


@pytest.mark.parametrize("failures", range(1, MAX_FAILURES + 1))
def test_failures_in_a_row_end_the_job_and_a_success_forgives(failures: int) -> None:
    state = planned().apply_all([FAILED] * failures)
    assert isinstance(state.next_move(), Close) is (failures == MAX_FAILURES)
    if failures < MAX_FAILURES:
        assert returned(called(state)).failures == 0


def test_a_cancelled_attempt_is_no_failure() -> None:
    cancelled = FAILED.model_copy(update={"kind": "cancelled"})
    assert planned().apply_all([cancelled] * 9).failures == 0


STATUSES = {
    "pending": JobState().apply(toy.requested()),
    "ready": JobState().apply_all([toy.requested(), e.JobOpened(at=toy.NOW)]),
    "in_progress": planned(),
    "waiting": planned("guarded"),
    "completed": planned().apply(e.JobCompleted(result="x")),
    "failed": planned().apply(e.JobFailed(why="x")),
    "cancelled": planned().apply(e.JobCancelled(by="ann")),
}


@pytest.mark.parametrize("status", STATUSES)
def test_the_word_for_where_a_job_stands(status: str) -> None:
    assert STATUSES[status].status == status


def test_the_item_of_the_call_is_the_one_in_progress() -> None:
    assert [item.status.value for item in planned("keyed").todo] == ["in_progress", "pending"]
    assert [item.status.value for item in planned("guarded").todo] == ["pending", "pending"]
    ended = planned().apply(e.JobFailed(why="x"))
    assert "in_progress" not in [item.status.value for item in ended.todo]
