"""What a report says of an installation; docs/reliability.md defines each figure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from pydantic import Field, computed_field

from domain.bounds import at_most
from domain.frozen import Frozen


class Period(Frozen):
    """From when until when, by the clock of Postgres; without bounds everything that the journal has."""

    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of_day(cls, day: date) -> Self:
        """A day of UTC. Raises `OverflowError` for the last that there is."""
        begins = datetime.combine(day, time(), UTC)
        return cls(since=begins, until=begins + timedelta(days=1))


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


class Recovery(Frozen):
    """Interruptions after which the job moved again; `waiting` have not yet. Seconds until it did."""

    rate: Rate
    waiting: int
    failed: int
    p50_seconds: float | None
    p95_seconds: float | None
    max_seconds: float | None


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


class Report(Frozen):
    """All of it."""

    period: Period
    jobs: int
    preloading: Preloading
    consistency: Consistency
    recovery: Recovery
    effects: tuple[Effects, ...]
    context_loss: ContextLoss
