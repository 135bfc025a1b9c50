"""A call whose outcome is unknown: what a person, the clock and its sender say of it, in every order."""

from itertools import permutations
from typing import Any

import pytest

from domain import events as e
from domain import judge
from domain.answers import PlannedCall
from domain.decision import Terms
from domain.hear import hear, parse
from domain.job import JobState
from domain.judge import Standing
from domain.moves import Act, Decide
from domain.spoken import MessageRefused, OutcomeSettled
from domain.todo import ItemResult
from tests.unit.domain import toy

VERDICTS = ("sent", "again", "skip")


def given_up(tool: str = "once") -> JobState:
    """A job whose only call was given up."""
    state = toy.opened().apply_all(toy.decided(toy.opened(), tools=(tool, "keyed")))
    standing = Standing(seen=state.version, tail=(), state=state)
    state = state.apply_all(judge.call(standing, toy.NOW, 10.0))
    assert state.call
    deadline = Terms(now=toy.NOW).deadline("it stays unknown")
    return state.apply(e.OutcomeUnknown(call=state.call.version, why="?", about="?", deadline=deadline, at=toy.NOW))


def said(state: JobState, verdict: str) -> Any:
    request = state.unknown[0].request
    return hear(state, parse("answer", {"by": "ann", "request": request, "text": verdict}, "m1", toy.NOW))


def late(state: JobState, happened: bool) -> tuple[e.JobEvent, ...]:
    """What the sender's knowledge becomes, by the judge."""
    call, standing = state.unknown[0].open.version, Standing(seen=0, tail=(), state=state)
    if happened:
        return judge.outcome(standing, e.ToolReturned(call=call, result=ItemResult(text="sent"), at=toy.NOW))
    return judge.outcome(standing, e.ToolFailed(call=call, kind="timeout", why="unsent", at=toy.NOW))


def expired(state: JobState) -> JobState:
    request = state.unknown[0].request
    return state.apply(e.RequestExpired(request=request, default="it stays unknown", at=toy.NOW))


def item(state: JobState) -> str | None:
    """The status of the item that the call was for."""
    return {each.item: each.status.value for each in state.todo}.get("once")


def test_it_waits_for_a_person_and_is_no_open_call() -> None:
    state = given_up()
    assert state.call is None
    assert [request.kind for request in state.requests] == ["unknown_outcome"]
    assert state.steps_done == 1
    assert state.unknown[0].is_open


@pytest.mark.parametrize(("verdict", "status"), [("sent", "completed"), ("skip", None)])
def test_a_person_settles_it(verdict: str, status: str | None) -> None:
    state = given_up()
    state = state.apply(said(state, verdict))
    assert item(state) == status
    assert state.requests == ()


def test_again_is_the_same_call_to_be_made_anew_with_consent() -> None:
    state = given_up()
    call = state.unknown[0].open.call
    state = state.apply(said(state, "again")).apply(e.TurnTaken(at=toy.NOW))
    assert state.next_move() == Act(call=call)
    assert state.granted(call)


@pytest.mark.parametrize("word", ["yes", "SENT", "", "sent again", "Skip "])
def test_no_other_word_settles_it(word: str) -> None:
    state = given_up()
    answered = parse("answer", {"by": "ann", "request": state.unknown[0].request, "text": word}, "m1", toy.NOW)
    heard = hear(state, answered)
    assert isinstance(heard, MessageRefused)
    assert state.apply(heard).requests == state.requests


def test_nobody_in_time_is_a_skip_and_says_so() -> None:
    state = expired(given_up())
    assert item(state) is None
    assert state.unknown[0].verdict == "skip"


@pytest.mark.parametrize(("happened", "status"), [(True, "completed"), (False, "in_progress")])
def test_a_late_outcome_closes_the_question(happened: bool, status: str) -> None:
    state = given_up()
    state = state.apply_all(late(state, happened))
    assert state.requests == ()
    assert item(state) == status
    assert state.unknown[0].happened is happened
    assert isinstance(said(state, "again"), MessageRefused)


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("verdict", ["sent", "skip"])
def test_what_a_person_decided_stands_against_a_late_outcome(verdict: str, happened: bool) -> None:
    state = given_up()
    state = state.apply(said(state, verdict))
    after = state.apply_all(late(state, happened))
    assert item(after) == item(state)
    assert (after.unknown[0].verdict, after.unknown[0].happened) == (verdict, happened)


def test_again_is_spared_by_a_late_success_before_it_is_sent() -> None:
    state = given_up()
    state = state.apply(said(state, "again"))
    state = state.apply_all(late(state, True))
    assert item(state) == "completed"
    assert not isinstance(state.intent, PlannedCall)
    assert state.next_move() == Decide()
    assert not any(consent.verdict == "granted" for consent in state.consents)


def test_again_goes_on_after_a_late_failure() -> None:
    state = given_up()
    state = state.apply(said(state, "again"))
    state = state.apply_all(late(state, False))
    assert isinstance(state.intent, PlannedCall)


def test_again_that_is_under_way_is_not_touched_by_a_late_outcome() -> None:
    state = given_up()
    state = state.apply(said(state, "again")).apply(e.TurnTaken(at=toy.NOW))
    state = state.apply_all(judge.call(Standing(seen=0, tail=(), state=state), toy.NOW, 10.0))
    assert state.call
    after = state.apply_all(late(state, True))
    assert after.call == state.call
    assert after.todo == state.todo


@pytest.mark.parametrize("order", list(permutations(["person", "late", "clock"])), ids="-".join)
@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("happened", [True, False])
def test_in_every_order_it_is_closed_and_the_first_word_of_people_stands(
    order: tuple[str, ...], verdict: str, happened: bool
) -> None:
    state = given_up()
    for who in order:
        match who:
            case "person":
                state = state.apply(said(state, verdict))
            case "clock":
                state = expired(state)
            case _:
                state = state.apply_all(late(state, happened))
    unknown = state.unknown[0]
    first = next(who for who in order if who != "late")
    assert state.requests == ()
    assert unknown.happened is happened
    if order[0] != "late":
        assert unknown.verdict == (verdict if first == "person" else "skip")
    if order[0] == "late":
        assert unknown.verdict is None
        assert item(state) == ("completed" if happened else "in_progress")
    assert late(state, True) == ()
    assert isinstance(said(state, "sent"), MessageRefused)


def test_a_settled_one_is_settled_once() -> None:
    state = given_up()
    first = said(state, "skip")
    assert isinstance(first, OutcomeSettled)
    state = state.apply(first)
    again = first.model_copy(update={"message_id": "m2", "verdict": "sent"})
    assert state.apply(again) == state.model_copy(update={"version": state.version + 1})


def test_nothing_was_sent_is_no_outcome_once_another_attempt_has_renewed_the_call() -> None:
    state = toy.opened().apply_all(toy.decided(toy.opened(), tools=("keyed",)))
    state = state.apply_all(judge.call(Standing(seen=state.version, tail=(), state=state), toy.NOW, 10.0))
    known = state.call
    assert known
    unsent = e.ToolFailed(call=known.version, kind="timeout", why="unsent", at=toy.NOW)
    assert judge.outcome(Standing(seen=0, tail=(), state=state), unsent, known) == (unsent,)
    state = state.apply(e.CallRenewed(call=known.version, at=toy.NOW, deadline=toy.NOW + 20))
    assert judge.outcome(Standing(seen=0, tail=(), state=state), unsent, known) == ()
