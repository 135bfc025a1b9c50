"""Journals of jobs whose events a test chooses, and what a report says of them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.answers import Effect, Finish, PlannedCall
from domain.events import (
    JobEvent,
    JobOpened,
    Knew,
    ModelAnswered,
    OutcomeUnknown,
    Preload,
    StepFailed,
    ToolCalled,
    ToolReturned,
    TurnTaken,
)
from domain.head import Head
from domain.messages import Deadline
from domain.report import Period
from domain.spoken import OutcomeSettled
from domain.todo import ItemResult
from stores import report
from stores.jobs import Jobs
from stores.postgres import EVERY_AGENT, Connection, Pool, transaction
from tests.unit.domain.toy import requested

ALWAYS = Period()
DAY = date(2026, 1, 2)
BEGAN = datetime(2026, 1, 2, 12, tzinfo=UTC)
CRASHED = StepFailed(move="Act", kind="crashed", why="boom")
TAKEN = TurnTaken(at=1.0)

Write = Callable[..., Awaitable[str]]


def called(effect: Effect = Effect.ONCE, args: str = "a") -> ToolCalled:
    fields = {"tool": "mail", "args": {}, "args_hash": args * 64, "effect": effect, "guarded": False, "item": "one"}
    call = PlannedCall.model_validate({**fields, "completes": True, "summary": "mail it"})
    return ToolCalled(call=call, revision=1, step=1, at=1.0, deadline=2.0)


def returned(call: int, how: Any = "done") -> ToolReturned:
    return ToolReturned(call=call, how=how, result=ItemResult(text="sent"), at=2.0)


def unknown(call: int) -> OutcomeUnknown:
    until = Deadline(until=9.0, default="nothing", reminders=())
    return OutcomeUnknown(call=call, why="cut off", about="did it?", deadline=until, at=2.0)


def answered(revision: int = 1, memory: int | None = None, preload: Preload | None = None) -> ModelAnswered:
    knew = None if memory is None else Knew(memory=memory, tokens=1, preload=preload)
    return ModelAnswered(revision=revision, model="toy", says="x", intent=Finish(result="x"), knew=knew)


async def figures(pool: Pool, figure: Callable[[Connection, Period], Awaitable[Any]], period: Period = ALWAYS) -> Any:
    async with report.snapshot(pool) as connection:
        await report.only_reading(connection)
        return await figure(connection, period)


def settled(request: int, verdict: str) -> OutcomeSettled:
    return OutcomeSettled.model_validate(
        {"message_id": "m1", "by": "ann", "at": 1.0, "request": request, "verdict": verdict}
    )


async def written(pool: Pool, owners_pool: Pool, job: str, *events: JobEvent, days: int = 0) -> str:
    """Makes a job with these events after the first two, a second apart, the first of them at noon of `DAY`.

    `days` later, if they are given.
    """
    jobs = Jobs(pool)
    begun: Sequence[JobEvent] = [requested(job, f"agent-{job}"), JobOpened(at=1.0)]
    await jobs.append(job, Head(), lambda _: (*begun, *events))
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        moved = "update agent_events set at = %s::timestamptz + (version - 3) * interval '1 s' where stream = %s"
        await connection.execute(moved, (BEGAN + timedelta(days=days), f"job/{job}"))
    return job
