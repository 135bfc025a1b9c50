"""Days and weeks, skipped: an approval that nobody gives, a pause of a month. Real Postgres, Temporal's test server."""

from datetime import timedelta

import pytest

from domain.facts import DAY
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.workflows.conftest import SkippedTime


async def test_an_approval_that_nobody_gives_expires_after_seven_days(skipped: SkippedTime, unique: str) -> None:
    """Reminded before, recorded as expired and not as denied, and the job goes on by the stated default."""
    await skipped.longhaul.start(toy(unique, "guarded", "keyed"))
    state = await waits(skipped.longhaul, unique)
    asked = state.requests[0]
    await skipped.environment.sleep(timedelta(days=6))
    await skipped.environment.sleep(timedelta(days=1, minutes=1))
    state = await ended(skipped.longhaul, unique)
    happened = await events(skipped.longhaul, unique)
    assert state.status == "completed"
    assert state.opened_at is not None
    assert asked.deadline.until - state.opened_at == pytest.approx(7 * DAY, abs=60)
    reminders = of_type(happened, "Reminded")
    assert [round((asked.deadline.until - getattr(r, "at", 0)) / DAY) for r in reminders] == [3, 1]
    expired = of_type(happened, "RequestExpired")
    assert [getattr(event, "default", "") for event in expired] == [asked.deadline.default]
    assert not of_type(happened, "ApprovalDenied")
    assert [consent.verdict for consent in state.consents] == ["expired"]


async def test_a_pause_of_a_month(skipped: SkippedTime, unique: str) -> None:
    await skipped.longhaul.start(toy(unique, "guarded", "keyed"))
    await waits(skipped.longhaul, unique)
    await skipped.longhaul.say(unique, "pause", {"by": "ann", "why": "holidays"}, patience=20)
    await skipped.environment.sleep(timedelta(days=30))
    state = await skipped.longhaul.state(unique)
    assert state.end is None
    assert state.pause is not None
    assert state.pause.reminded == 4
    await skipped.longhaul.say(unique, "resume", {"by": "ann"}, patience=20)
    state = await ended(skipped.longhaul, unique)
    assert state.status == "completed"


async def test_an_answer_an_hour_before_the_deadline_counts(skipped: SkippedTime, unique: str) -> None:
    await skipped.longhaul.start(toy(unique, "guarded"))
    asked = (await waits(skipped.longhaul, unique)).requests[0]
    await skipped.environment.sleep(timedelta(days=6, hours=23))
    await skipped.longhaul.say(unique, "approve", {"by": "ann", "request": asked.id}, patience=20)
    state = await ended(skipped.longhaul, unique)
    assert state.status == "completed"
    assert not of_type(await events(skipped.longhaul, unique), "RequestExpired")
