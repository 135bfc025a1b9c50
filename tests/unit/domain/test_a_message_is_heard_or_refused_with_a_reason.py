"""What becomes of a message: the event of what it changes, or a refusal that says why it changes nothing."""

import json
from typing import Any

import pytest

from domain import events as e
from domain import spoken as s
from domain.facts import DAY
from domain.hear import hear, objection, parse
from domain.job import JobState
from domain.messages import FORMS, Deadline, Garbled
from tests.unit.domain import toy
from tests.unit.domain.test_an_unknown_outcome_is_settled_in_any_order import given_up

ASKED = e.QuestionAsked(about="which?", deadline=Deadline(until=toy.NOW + DAY, default="the first"))


def awaiting(tool: str = "guarded") -> JobState:
    return toy.opened().apply_all(toy.decided(toy.opened(), tools=(tool,)))


def heard(state: JobState, kind: str, **said: Any) -> Any:
    return hear(state, parse(kind, {"by": "ann", **said}, "m1", toy.NOW))


def refused(state: JobState, kind: str, **said: Any) -> str:
    event = heard(state, kind, **said)
    assert isinstance(event, s.MessageRefused), event
    assert state.apply(event) == state.model_copy(update={"version": state.version + 1})
    return event.why


ASKING = toy.opened().apply(ASKED)
PAUSED = toy.opened().apply(heard(toy.opened(), "pause"))
CANCELLED = toy.opened().apply(heard(toy.opened(), "cancel"))
ENDS = {
    "completed": toy.opened().apply(e.JobCompleted(result="x")),
    "failed": toy.opened().apply(e.JobFailed(why="x")),
    "cancelled": toy.opened().apply(e.JobCancelled(by="ann")),
}

REFUSALS: list[tuple[JobState, str, dict[str, Any], str]] = [
    (toy.opened(), "approve", {"request": 9}, "no open approval has the number 9; open requests: none"),
    (toy.opened(), "reject", {"request": 9}, "no open approval has the number 9"),
    (toy.opened(), "answer", {"request": 9, "text": "x"}, "no open question has the number 9"),
    (ASKING, "approve", {"request": 4}, "no open approval has the number 4; open requests: 4 (question)"),
    (ASKING, "answer", {"request": 5, "text": "x"}, "open requests: 4 (question)"),
    (awaiting(), "answer", {"request": 6, "text": "yes"}, "request 6 is an approval: approve or reject it"),
    (awaiting(), "approve", {"request": 6, "args_hash": "0" * 64}, "the arguments have changed since they were shown"),
    (given_up(), "answer", {"request": 7, "text": "yes"}, "it takes one of sent, again, skip, not 'yes'"),
    (given_up(), "approve", {"request": 7}, "no open approval has the number 7"),
    (PAUSED, "pause", {}, "the job is paused already"),
    (toy.opened(), "resume", {}, "the job is not paused"),
    (CANCELLED, "cancel", {}, "the job is being cancelled already"),
]


@pytest.mark.parametrize(("state", "kind", "said", "why"), REFUSALS, ids=[why for *_, why in REFUSALS])
def test_a_refusal_has_its_reason(state: JobState, kind: str, said: dict[str, Any], why: str) -> None:
    assert why in refused(state, kind, **said)


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_a_request_is_decided_once(verb: str) -> None:
    state = awaiting()
    state = state.apply(heard(state, verb, request=6))
    word = "granted" if verb == "approve" else "denied"
    assert refused(state, "approve", request=6) == f"request 6 is {word} already"


def test_an_expired_request_is_said_to_be_expired_and_not_denied() -> None:
    state = awaiting().apply(e.RequestExpired(request=6, default="not done", at=toy.NOW))
    assert refused(state, "approve", request=6) == "request 6 is expired already"


@pytest.mark.parametrize("status", ENDS)
@pytest.mark.parametrize("kind", ["tell", "inform", "pause", "resume", "cancel", "approve", "reject", "answer"])
def test_after_the_end_everything_is_refused(kind: str, status: str) -> None:
    said: dict[str, Any] = {"text": "x"} if kind in ("tell", "inform", "answer") else {}
    said |= {"request": 1} if kind in ("approve", "reject", "answer") else {}
    assert refused(ENDS[status], kind, **said) == f"the job has ended ({status})"


def test_what_is_heard_changes_what_it_says() -> None:
    state = toy.opened()
    told = heard(state, "tell", text="in blue")
    assert (told.type, told.revision, told.by) == ("RequirementChanged", 2, "ann")
    assert state.apply(told).revision == 2
    assert heard(state, "inform", text="it rains").type == "InformationGiven"
    answered = ASKING.apply(heard(ASKING, "answer", request=4, text="the second"))
    assert [(each.answer, each.by) for each in answered.exchanges] == [("the second", "ann")]
    assert PAUSED.apply(heard(PAUSED, "resume")).pause is None


def test_a_consent_binds_the_hash_that_was_asked_about() -> None:
    state = awaiting()
    granted = heard(state, "approve", request=6)
    assert granted.args_hash == state.requests[0].args_hash
    assert heard(state, "approve", request=6, args_hash=granted.args_hash) == granted


def test_a_pause_reminds_weekly_and_ends_with_the_job() -> None:
    deadline = heard(toy.opened(e.Limits(days=30)), "pause").deadline
    assert deadline.until == toy.NOW + 30 * DAY
    assert deadline.reminders == tuple(toy.NOW + days * DAY for days in (7, 14, 21, 28))


@pytest.mark.parametrize(
    ("kind", "said", "fault"),
    [
        ("tell", None, "text: Field required"),
        ("tell", [1], "text: Field required"),
        ("tell", {"text": 5}, "text: Input should be a valid string"),
        ("tell", {"text": "x", "mood": "bad"}, "mood: Extra inputs are not permitted"),
        ("approve", {}, "request: Field required"),
        ("approve", 10, 'request: Field required; right is {"request": 10, "by": "you"}'),
        ("approve", {"request": 1, "args_hash": "zz"}, "args_hash: String should match pattern"),
        ("dance", {}, "dance: Input tag 'dance'"),
    ],
)
def test_what_does_not_parse_names_the_place_and_keeps_the_words(kind: str, said: Any, fault: str) -> None:
    message = parse(kind, said, "m1", toy.NOW)
    assert isinstance(message, Garbled)
    assert message.fault.startswith(fault)
    assert message.said == repr(said)
    assert objection(toy.opened(), message) == f"it is not a valid message: {message.fault}"


@pytest.mark.parametrize("kind", FORMS)
def test_the_form_that_an_objection_names_is_right(kind: str) -> None:
    assert parse(kind, json.loads(FORMS[kind]), "m1", toy.NOW).kind == kind


def test_a_bare_text_is_what_is_meant() -> None:
    message = parse("tell", "in blue", "m1", toy.NOW)
    assert (message.kind, getattr(message, "text", "")) == ("tell", "in blue")


def test_a_message_brings_its_own_id_if_it_is_a_plain_one() -> None:
    assert parse("tell", {"text": "x", "message_id": "mine"}, "m1", toy.NOW).message_id == "mine"
    for bad in ("", "a\nb", "x" * 201, 5, None, ["a"]):
        assert parse("tell", {"text": "x", "message_id": bad}, "m1", toy.NOW).message_id == "m1"


@pytest.mark.parametrize("field", ["at", "kind"])
def test_nobody_sets_the_clock_or_the_kind_from_outside(field: str) -> None:
    message = parse("tell", {"text": "x", field: 1.0 if field == "at" else "cancel"}, "m1", toy.NOW)
    assert (message.at, message.kind) == (toy.NOW, "tell")


def test_a_very_long_thing_is_kept_short() -> None:
    message = parse("tell", {"text": "x" * 100_000}, "m1", toy.NOW)
    assert isinstance(message, Garbled)
    assert len(message.said) == 500
