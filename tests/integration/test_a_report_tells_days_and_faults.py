"""What `report` says besides its period's rates: each day's, the time to move again, faults, jobs by status."""

from datetime import date, timedelta

from domain.answers import Effect
from domain.events import (
    AnswerInvalid,
    CallRenewed,
    JobCancelled,
    JobCompleted,
    JobEvent,
    JobFailed,
    LateOutcome,
    LossAccepted,
    RequestExpired,
    RequestVoided,
    StepFailed,
    ToolFailed,
    TurnLost,
)
from domain.report import EDGES, NONE, TREND_DAYS, Period, Rates
from domain.spoken import RequirementChanged
from domain.todo import ItemResult
from starter.report import reported
from stores import report
from stores.consistency import consistency, consistency_by_day
from stores.faults import faults
from stores.postgres import Pool
from tests.integration.journals import CRASHED, DAY, TAKEN, Write, answered, called, figures, returned, settled, unknown
from tests.integration.lives import Life

INVALID = AnswerInvalid(why="no JSON", excerpt="x")
FAILED = JobFailed(why="too often")


async def test_each_day_has_its_own_rates_and_a_day_of_nothing_has_none(pool: Pool, write: Write) -> None:
    changed = RequirementChanged(message_id="m2", by="ann", at=1.0, revision=2, text="in blue")
    await write(TAKEN, CRASHED, answered(), called(), unknown(6), settled(7, "skip"), changed, answered(1))
    await write(TAKEN, answered(), called(Effect.KEYED), returned(5), returned(5), days=-3)
    await write(TAKEN, CRASHED, JobFailed(why="too often"), days=-3)
    await write(TAKEN, answered(), days=-TREND_DAYS)
    found = (await reported(pool, Period.of_day(DAY))).trend
    days = {day.day: day for day in found.days}
    assert list(days) == [DAY - timedelta(days=ago) for ago in range(TREND_DAYS - 1, -1, -1)]
    last, before = days[DAY], days[DAY - timedelta(days=3)]
    assert (last.recovery.hit, last.recovery.of, before.recovery.hit, before.recovery.of) == (1, 1, 0, 1)
    assert (last.duplicates.hit, last.duplicates.of, before.duplicates.hit, before.duplicates.of) == (0, 1, 1, 1)
    assert (last.unknown.hit, last.unknown.of, before.unknown.hit, before.unknown.of) == (1, 1, 0, 1)
    assert (last.context_loss.hit, last.context_loss.of, before.context_loss.of) == (1, 2, 1)
    assert (last.consistency.of, before.consistency.of) == (1, 2)
    assert (found.together.recovery.hit, found.together.recovery.of) == (1, 2)
    assert (found.together.context_loss.of, found.together.consistency.of) == (3, 3)
    nothing = days[DAY - timedelta(days=1)]
    assert all(getattr(nothing, name) == NONE for name in Rates.model_fields)


async def test_a_day_of_the_trend_is_what_the_report_of_that_day_says(lived: dict[str, Life], pool: Pool) -> None:
    whole = await reported(pool, Period(), limit=None)
    today = whole.trend.days[-1]
    of_today = await reported(pool, Period.of_day(today.day), limit=None)
    for of_trend in (today, whole.trend.together, of_today.trend.days[-1]):
        assert of_trend.consistency == of_today.consistency.rate == whole.consistency.rate
        assert of_trend.recovery == of_today.recovery.rate == whole.recovery.rate
        assert of_trend.context_loss == of_today.context_loss.rate == whole.context_loss.rate
        assert of_trend.unknown.hit == sum(each.unknown.hit for each in whole.effects) == 2
        assert of_trend.duplicates.of == sum(each.duplicates.of for each in whole.effects)
    assert whole.jobs == of_today.jobs == len(lived)
    assert today.day == whole.at.date()


async def test_the_first_day_that_there_is_has_no_day_before_it(pool: Pool) -> None:
    assert [day.day for day in (await reported(pool, Period.of_day(date.min))).trend.days] == [date.min]


async def test_the_histogram_counts_every_interruption_that_was_moved_on_from(pool: Pool, write: Write) -> None:
    await write(TAKEN, CRASHED, answered())  # after 1 s
    await write(TAKEN, CRASHED, CRASHED, answered())  # after 2 s
    await write(TAKEN, *[CRASHED] * 301, answered())  # after 301 s
    await write(TAKEN, CRASHED)
    await write(TAKEN, CRASHED, FAILED)
    found = await figures(pool, report.recovery)
    bars = {bar.under_seconds: bar.count for bar in found.histogram}
    assert list(bars) == [*EDGES, None]
    assert {under: count for under, count in bars.items() if count} == {2.0: 1, 3.0: 1, 3600.0: 1}
    assert sum(bars.values()) == found.rate.hit == 3


async def test_every_kind_of_fault_is_told_with_what_followed(pool: Pool, write: Write) -> None:
    cancelled = StepFailed(move="Act", kind="cancelled", why="--now")
    renewed = CallRenewed(call=4, at=1.0, deadline=2.0)
    failed = ToolFailed(call=4, kind="refused", why="no", at=1.0)
    late = LateOutcome(call=4, happened=True, result=ItemResult(), at=3.0)
    expired = RequestExpired(request=5, default="skip", at=3.0)
    journals: list[tuple[JobEvent, ...]] = [
        (CRASHED, CRASHED, answered()),
        (CRASHED, JobCancelled(by="ann")),
        (StepFailed(move="Act", kind="timeout", why="x"), FAILED),
        (StepFailed(move="Act", kind="timeout", why="x"),),
        (cancelled, answered()),
        (INVALID, INVALID, answered()),
        (INVALID, INVALID, FAILED),
        (TurnLost(at=1.0), TAKEN),
        (LossAccepted(by="ann", at=1.0, version=9, hash="a" * 64), answered()),
        (called(), renewed, returned(4)),
        (called(), renewed, unknown(4), settled(6, "sent")),
        (called(), failed, answered()),
        (called(), unknown(4), RequestVoided(request=4, why="of another call"), settled(5, "again")),
        (called(), unknown(4), late, settled(5, "sent")),
        (called(), unknown(4), expired),
        (called(), unknown(4), answered(), JobCompleted(result="x")),
        (called(), unknown(4), FAILED),
    ]
    for events in journals:
        await write(TAKEN, *events)
    found = {
        each.fault: {followed.by: followed.count for followed in each.followed} for each in await figures(pool, faults)
    }
    assert found == {
        "StepFailed crashed": {"moved": 2, "cancelled": 1},
        "StepFailed timeout": {"failed": 1, "waiting": 1},
        "AnswerInvalid": {"moved": 2, "failed": 2},
        "TurnLost": {"moved": 1},
        "LossAccepted": {"moved": 1},
        "CallRenewed": {"returned": 1, "unknown": 1},
        "ToolFailed refused": {"moved": 1},
        "OutcomeUnknown": {"sent": 1, "again": 1, "late": 1, "expired": 1, "waiting": 1, "failed": 1},
        "LateOutcome": {"happened": 1},
    }
    assert await figures(pool, faults, Period.of_day(DAY + timedelta(days=1))) == ()


async def test_jobs_are_counted_by_how_they_stand_now(lived: dict[str, Life], pool: Pool) -> None:
    found = {each.status: each.count for each in await figures(pool, report.statuses)}
    tasks = [life.state.status for life in lived.values()]
    assert sum(found.values()) == len(lived)
    assert found["completed"] == tasks.count("completed") > 0
    assert found["cancelled"] == tasks.count("cancelled") > 0


async def test_no_stream_is_looked_at_twice(lived: dict[str, Life], pool: Pool) -> None:
    known = {f"job/{lived['done'].job}": "as somebody said"}
    found = await consistency(pool, Period(), None, known)
    assert [each.why for each in found.wrong] == ["as somebody said"]
    by_day = await consistency_by_day(pool, Period(), None, known)
    assert by_day[None] == found.rate
    assert len(known) == found.streams
