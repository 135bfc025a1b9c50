"""Days and weeks, skipped: an approval that nobody gives, a pause of a month. Real Postgres, Temporal's test server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import worker
from domain.facts import DAY
from settings import Settings
from stack.testserver import find_test_server
from starter.client import Longhaul
from tests.support.jobs import ended, events, of_type, toy, waits
from worker import Agents, running

KEYWORD, INT = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD, IndexedValueType.INDEXED_VALUE_TYPE_INT
ATTRIBUTES = {
    "AgentId": KEYWORD,
    "JobType": KEYWORD,
    "JobStatus": KEYWORD,
    "WaitingFor": KEYWORD,
    "Revision": INT,
    "StepsDone": INT,
}


@dataclass(frozen=True)
class SkippedTime:
    """A worker on the time-skipping server."""

    longhaul: Longhaul
    environment: WorkflowEnvironment


@pytest.fixture
async def skipped(settings: Settings, agents: Agents, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SkippedTime]:
    """The old server loses count of eagerly started activities, and then time stands still: none here."""
    monkeypatch.setattr(worker, "Worker", partial(Worker, disable_eager_activity_execution=True))
    server = await asyncio.to_thread(find_test_server, settings, lambda text: None)
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(server) if server else None, data_converter=pydantic_data_converter
    )
    async with environment:
        request = AddSearchAttributesRequest(namespace="default", search_attributes=ATTRIBUTES)
        await environment.client.operator_service.add_search_attributes(request)
        address = environment.client.service_client.config.target_host
        there = settings.model_copy(update={"temporal_address": address})
        async with running(there, agents), Longhaul.connect(there) as longhaul:
            yield SkippedTime(longhaul, environment)


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
