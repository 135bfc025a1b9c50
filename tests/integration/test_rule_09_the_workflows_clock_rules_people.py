"""Rule 9: what waits for people runs on the workflow's clock, which is passed in; the machine's is for audit only."""

import time
from datetime import UTC, datetime

import pytest

from domain.events import ApprovalRequested, OutcomeUnknown, QuestionAsked, Reminded, RequestExpired
from domain.facts import DAY
from domain.moves import Close, Wait
from domain.spoken import JobPaused
from stores.postgres import Pool
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import APPROVAL_DAYS, NOW, Life, Script, ask, types, use

FAR = pytest.mark.parametrize("now", [1_000_000.0, NOW, 9_000_000_000.0], ids=["1970", "soon", "2255"])


async def _waiting(new_hands: NewHands, unique: str, answer: object, now: float) -> Life:
    life = Life(new_hands(script=Script(answer)), unique)
    life.now = now
    await life.open()
    await life.decide()
    return life


@FAR
async def test_an_approval_has_its_deadline_from_the_workflows_clock(
    now: float, new_hands: NewHands, unique: str
) -> None:
    life = await _waiting(new_hands, unique, use("guarded"), now)
    asked = (await life.journal())[-1]
    assert isinstance(asked, ApprovalRequested)
    assert asked.deadline.until == now + APPROVAL_DAYS * DAY
    assert asked.deadline.reminders == (now + 4 * DAY, now + 6 * DAY)
    assert isinstance(life.state.next_move(), Wait)


@FAR
async def test_reminders_and_expiry_come_when_the_workflows_clock_says(
    now: float, new_hands: NewHands, unique: str
) -> None:
    life = await _waiting(new_hands, unique, ask(), now)
    asked = (await life.journal())[-1]
    assert isinstance(asked, QuestionAsked)
    for days, expected in ((3.99, None), (4, Reminded), (5, None), (6, Reminded), (6.99, None), (7, RequestExpired)):
        life.now = now + days * DAY
        events = (await life.expire()).events
        assert [type(event) for event in events] == ([expected] if expected else []), days
        assert all(getattr(event, "at", None) == life.now for event in events)
    assert life.state.exchanges[0].by is None


@FAR
async def test_an_unknown_outcome_has_its_deadline_from_the_workflows_clock(now: float, deciding: Deciding) -> None:
    life = await deciding("once", seconds=0.3)
    life.now = now
    await life.called()
    [unknown] = (await life.act()).events
    assert isinstance(unknown, OutcomeUnknown)
    assert unknown.deadline.until == now + APPROVAL_DAYS * DAY


@FAR
async def test_a_job_is_overdue_on_the_workflows_clock(now: float, new_hands: NewHands, unique: str) -> None:
    life = Life(new_hands(), unique)
    life.now = now
    await life.open(limits={"days": 2})
    life.now = now + 2 * DAY - 1
    stale = life.twin()
    assert types(await life.decide())[-1] == "ModelAnswered"
    stale.now = now + 2 * DAY
    late = life.twin()
    late.now = now + 2 * DAY
    assert types(await late.expire()) == ["JobOverdue"]
    assert isinstance(late.state.next_move(), Close)


async def test_an_overdue_job_asks_no_model(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open(limits={"days": 2})
    life.now = NOW + 2 * DAY
    assert types(await life.decide()) == ["JobOverdue"]
    assert life.hands.script.asked == 0


@FAR
async def test_a_model_is_told_the_workflows_time(now: float, new_hands: NewHands, unique: str) -> None:
    life = await _waiting(new_hands, unique, ask(), now)
    assert life.hands.script.told[0].now == now


async def test_an_answer_in_the_inbox_before_the_deadline_is_in_time_however_late_it_is_recorded(
    new_hands: NewHands, unique: str
) -> None:
    """The worker was down for a month; the message had come before the timer fired."""
    life = await _waiting(new_hands, unique, use("guarded"), NOW)
    message = life.message("approve", request=life.state.requests[0].id)
    life.now = NOW + 30 * DAY
    assert types(await life.record(message)) == ["ApprovalGranted"]


async def test_a_pause_ends_with_the_jobs_own_deadline(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open(limits={"days": 30})
    [paused] = (await life.say("pause")).events
    assert isinstance(paused, JobPaused)
    assert paused.deadline.until == NOW + 30 * DAY
    assert paused.deadline.reminders == tuple(NOW + week * 7 * DAY for week in (1, 2, 3, 4))


async def test_the_journals_own_time_is_the_servers(new_hands: NewHands, unique: str, pool: Pool) -> None:
    life = await Life(new_hands(), unique).open()
    async with pool.connection() as connection:
        row = await (await connection.execute("select min(at), max(at) from agent_events")).fetchone()
    assert row is not None
    assert all(abs(at - datetime.now(UTC)).total_seconds() < 60 for at in row)
    assert life.state.opened_at == NOW
    assert abs(time.time() - NOW) > DAY
