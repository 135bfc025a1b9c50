"""What a report says of an installation; docs/reliability.md defines each figure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from pydantic import Field, computed_field

from domain.bounds import at_most
from domain.frozen import Frozen

TREND_DAYS = 30
EDGES = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 86_400.0)
"""Seconds: where one bar of the histogram ends and the next begins."""


class Period(Frozen):
    """From when until when, by the clock of Postgres; without bounds everything that the journal has."""

    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of_day(cls, day: date) -> Self:
        """A day of UTC. Raises `OverflowError` for the last that there is."""
        begins = datetime.combine(day, time(), UTC)
        return cls(since=begins, until=begins + timedelta(days=1))

    def trend(self, now: datetime) -> "Period":
        """The whole days, at most `TREND_DAYS`, of which the last is the period's own, or today."""
        last = (self.since or now).date()
        first = date.fromordinal(max(1, last.toordinal() - TREND_DAYS + 1))
        return Period(since=Period.of_day(first).since, until=Period.of_day(last).until)

    @property
    def days(self) -> tuple[date, ...]:
        """Its days, oldest first; none where it has no bounds."""
        if self.since is None or self.until is None:
            return ()
        since = self.since
        return tuple((since + timedelta(days=day)).date() for day in range((self.until - since).days))


class Rate(Frozen):
    """`hit` of `of`; and by job, in `jobs_amiss` of `jobs` it was ever otherwise than it should be.

    What goes amiss in a job goes amiss in it again: only jobs are independent, so that the bound is on their share.
    """

    hit: int = Field(ge=0)
    of: int = Field(ge=0)
    jobs_amiss: int = Field(ge=0)
    jobs: int = Field(ge=0)

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated properties
    @property
    def share(self) -> float | None:
        """None where there was nothing to count."""
        return self.hit / self.of if self.of else None

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated properties
    @property
    def jobs_amiss_at_most(self) -> float | None:
        """The share of jobs that go amiss, at most, with 95 % confidence."""
        return at_most(self.jobs_amiss, self.jobs)


NONE = Rate(hit=0, of=0, jobs_amiss=0, jobs=0)


class Preloading(Frozen):
    """How often what was searched ahead of time could be taken, and the time that this spared, in milliseconds."""

    hit: int
    of: int
    memory_changed: int
    question_changed: int
    entries_gone: int
    nothing_there: int
    searches_spared_ms: float
    looking_ms: float

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated properties
    @property
    def saved_ms(self) -> float:
        """What the searches took that were spared, without what looking for them took, in vain too."""
        return self.searches_spared_ms - self.looking_ms


class Bar(Frozen):
    """How many took less than `under_seconds`, and no less than the bar before; None: whatever was longer."""

    under_seconds: float | None
    count: int


class Recovery(Frozen):
    """Interruptions after which the job moved again; `waiting` have not yet. Seconds until it did."""

    rate: Rate
    waiting: int
    failed: int
    p50_seconds: float | None
    p95_seconds: float | None
    max_seconds: float | None
    histogram: tuple[Bar, ...]


class Effects(Frozen):
    """The calls of one kind of effect that went out or may have: repeated ones, and those of which nobody knows."""

    effect: str
    duplicates: Rate
    unknown: Rate


class ContextLoss(Frozen):
    """Decisions on less than what was known before: than the newest requirement, than an earlier memory."""

    rate: Rate
    older_requirement: int
    older_memory: int

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated properties
    @property
    def per_1000_prompts(self) -> float | None:
        """None where no model was asked."""
        return None if self.rate.share is None else 1000 * self.rate.share


class Wrong(Frozen):
    """A stream that does not hold."""

    stream: str
    why: str


class Consistency(Frozen):
    """Streams whose chain verifies and whose tables follow from them, of those looked at; `streams` there are."""

    rate: Rate
    streams: int
    wrong: tuple[Wrong, ...]


class Status(Frozen):
    """Jobs that anything happened in, by what their rows say now; None: they have no row."""

    status: str | None
    count: int


class Followed(Frozen):
    """What a fault was followed by, so many times."""

    by: str
    count: int


class Fault(Frozen):
    """Faults of one kind that the journal knows of: an event's type, with the kind of error where it has one."""

    fault: str
    followed: tuple[Followed, ...]

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated properties
    @property
    def count(self) -> int:
        return sum(each.count for each in self.followed)


class Rates(Frozen):
    """The rates side by side; of all effects together."""

    consistency: Rate
    recovery: Rate
    duplicates: Rate
    unknown: Rate
    context_loss: Rate


class Day(Rates):
    """The rates of one day of UTC."""

    day: date


class Trend(Frozen):
    """The rates of each day of a period, and of the period."""

    period: Period
    together: Rates
    days: tuple[Day, ...]


class Report(Frozen):
    """All of it, as of a moment by the clock of Postgres."""

    period: Period
    jobs: int
    preloading: Preloading
    consistency: Consistency
    recovery: Recovery
    effects: tuple[Effects, ...]
    context_loss: ContextLoss
    statuses: tuple[Status, ...]
    faults: tuple[Fault, ...]
    trend: Trend
    at: datetime
