"""The words of the web UI: what a timer is for, what the details say, which activities have a line of their own."""

import json

import pytest

from activities.inputs import Move, Next, OpenJob, ReadOn, Record
from domain import events as e
from domain.facts import DAY
from domain.head import Head
from domain.hear import hear, parse
from domain.job import JobState
from tests.unit.domain import toy
from workflows import face

WAITING = toy.opened().apply_all(toy.decided(toy.opened(), tools=("guarded",)))
[ASKED] = WAITING.requests
END = face.clock(ASKED.deadline.until)


def _paused(days: float) -> JobState:
    state = toy.opened(e.Limits(days=days))
    return state.apply(hear(state, parse("pause", {"by": "ann"}, "m1", toy.NOW)))


def test_the_timer_of_a_wait_says_for_what_and_what_it_brings() -> None:
    reminder = ASKED.next_alarm
    assert reminder < ASKED.deadline.until
    assert face.waiting(WAITING, reminder) == (
        f"waits for approval {ASKED.id}; reminder {face.clock(reminder)}, until {END} UTC"
    )
    assert face.waiting(WAITING, ASKED.deadline.until) == f"waits for approval {ASKED.id}; until {END} UTC"


def test_the_timer_of_a_paused_job_ends_with_the_job() -> None:
    assert face.clock(toy.NOW) == "2027-01-15 08:00:00"
    assert face.waiting(_paused(days=5), toy.NOW + 5 * DAY) == "paused; until 2027-01-20 08:00:00 UTC"


def test_details_say_until_when_and_what_then_and_lose_their_last_paragraph_only() -> None:
    approval = [
        f"until {END} UTC, then: {ASKED.deadline.default}",
        "`longhaul approve toy-1 6` or `longhaul reject toy-1 6`",
    ]
    assert face.details(WAITING).split("\n\n")[-3:] == [*approval, face.END]
    assert face.details(_paused(days=5)).split("\n\n")[-2:] == ["`longhaul resume toy-1`", face.END]
    assert face.stopped("a row is missing").split("\n\n")[-2:] == ["`longhaul recover`", face.END]


def test_an_agents_details_say_whose_turn_it_is() -> None:
    nobody = Next(open_jobs=2)
    assert "| Turn | nobody |\n| Open jobs | 2 |" in face.agent_details(nobody)
    assert "| Turn | toy-1 |" in face.agent_details(nobody.model_copy(update={"at_work": "toy-1"}))
    given = nobody.model_copy(update={"job": "toy-2", "goal": "send | all"})
    assert "| Turn | toy-2: send \\| all |" in face.agent_details(given)


@pytest.mark.parametrize("text", ["x" * 4000, "\U0001f600" * 300, '"\\' * 200, "\x01" * 200])
def test_a_line_is_short_enough_for_temporal_and_as_long_as_it_can_be(text: str) -> None:
    line = face.line(text)
    assert text.startswith(line)
    assert face.LINE_BYTES - 12 < len(json.dumps(line, ensure_ascii=False).encode()) <= face.LINE_BYTES


def test_an_activity_has_a_line_where_its_name_does_not_say_it() -> None:
    moved = {"job": "toy-1", "seen": Head(), "now": toy.NOW}
    said = (parse("tell", {"text": "x", "by": "ann"}, "m1", toy.NOW),)
    assert face.summary(JobState(), "take_turn", Move(**moved)) is None
    assert face.summary(JobState(), "open_job", OpenJob(job="toy-1", now=toy.NOW)) is None
    asked = OpenJob(job="toy-1", now=toy.NOW, request=toy.requested())
    assert face.summary(JobState(), "open_job", asked) == "send it all"
    assert face.summary(JobState(), "record", Record(**moved, messages=said)) == "hear tell by ann"
    assert face.summary(JobState(), "read_on", ReadOn(**moved, kind="timeout", why="it died")) == "timeout: it died"
    assert face.summary(toy.opened(), "decide", Move(**moved)) == "think (revision 1)"
    cancelled = toy.opened().apply(hear(toy.opened(), parse("cancel", {"by": "ann"}, "m1", toy.NOW)))
    assert face.summary(cancelled, "close_job", Move(**moved)) == "cancelled"
