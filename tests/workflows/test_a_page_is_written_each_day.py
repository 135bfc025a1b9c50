"""Upkeep has a page written of each day of UTC, once, whatever goes amiss; runs of the release before go on."""

import asyncio
import base64
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from domain.report import Period
from settings import Settings
from starter.client import Longhaul
from starter.page.page import page
from starter.report import reported
from tests.conftest import until
from tests.support.jobs import ended, toy
from tests.workflows.conftest import SkippedTime, World
from workflows.upkeep import SETTLED, UpkeepWorkflow

AS_OF = r"As of [-\d: ]+ UTC"
OLDER = Path(__file__).parent.parent / "fixtures" / "release_0_1" / "histories" / "upkeep-compacting.json"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"upkeep_seconds": 0.3, "reports_kept": 2})


def _yesterday(now: datetime) -> date:
    return (now - SETTLED).date() - timedelta(days=1)


def _pages(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.home / "reports").glob("*"))


async def _begun(handle: WorkflowHandle[Any, Any], activity: str) -> int:
    """How many activities of that name the run has asked for."""
    events = (await handle.fetch_history()).events
    kinds = [event.activity_task_scheduled_event_attributes.activity_type.name for event in events]
    return kinds.count(activity)


async def _looked(handle: WorkflowHandle[Any, Any], looks: int) -> bool:
    return await _begun(handle, "keep_up") >= looks


async def _replayed(handle: WorkflowHandle[Any, Any]) -> None:
    await handle.terminate("seen")
    replayer = Replayer(workflows=[UpkeepWorkflow], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(await handle.fetch_history())


def _upkeep(longhaul: Longhaul) -> WorkflowHandle[Any, Any]:
    return longhaul.temporal.get_workflow_handle(longhaul.upkeep_id)


async def test_the_day_that_is_over_has_one_page_however_many_workers_start(
    world: World, settings: Settings, unique: str
) -> None:
    longhaul, handle = world.longhaul, _upkeep(world.longhaul)
    await longhaul.start(toy(unique, "keyed"))
    await ended(longhaul, unique)
    before = _yesterday(datetime.now(UTC))
    await longhaul.keep_up()
    await until(lambda: _pages(settings))
    await longhaul.keep_up()
    looks = await _begun(handle, "keep_up")
    await until(lambda: _looked(handle, looks + 4))
    expected = {f"{before}.html", f"{_yesterday(datetime.now(UTC))}.html"}  # two at midnight
    assert set(_pages(settings)) <= expected
    assert await _begun(handle, "report_day") == len(_pages(settings))
    text = (settings.home / "reports" / f"{before}.html").read_text()
    again = page(await reported(longhaul.pool, Period.of_day(before)))
    assert re.sub(AS_OF, "", text) == re.sub(AS_OF, "", again), "`report --day` makes the same page"
    assert f"longhaul report --day {before} --html" in text
    await _replayed(handle)


async def test_a_page_that_could_not_be_written_is_written_at_a_later_look(world: World, settings: Settings) -> None:
    obstacle = settings.home / "reports"
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("in the way")
    handle = _upkeep(world.longhaul)
    await world.longhaul.keep_up()
    await until(lambda: _looked(handle, 4))
    assert obstacle.is_file()
    await asyncio.to_thread(obstacle.unlink)
    await until(lambda: _pages(settings))
    assert await _begun(handle, "report_day") > 1
    await _replayed(handle)


async def test_a_run_of_the_release_before_reports_once_it_is_told(world: World, settings: Settings) -> None:
    longhaul = world.longhaul
    start = {"every": 0.3, "compacts": True}
    handle = await longhaul.temporal.start_workflow("UpkeepWorkflow", start, id=longhaul.upkeep_id, **longhaul.where)
    await until(lambda: _looked(handle, 3))
    assert not _pages(settings)
    await longhaul.keep_up()
    await until(lambda: _pages(settings))
    await _replayed(handle)


async def test_a_run_that_an_older_worker_had_when_it_was_told_replays() -> None:
    """The release before wrote this history; in it the signal now says what only newer workers understand."""
    history = json.loads(OLDER.read_text())
    signals = [event["workflowExecutionSignaledEventAttributes"] for event in history["events"]
               if "workflowExecutionSignaledEventAttributes" in event]  # fmt: skip
    assert len(signals) == 2
    for signal in signals:
        [payload] = signal["input"]["payloads"]
        told = {**json.loads(base64.b64decode(payload["data"])), "reports": True}
        payload["data"] = base64.b64encode(json.dumps(told).encode()).decode()
    replayer = Replayer(workflows=[UpkeepWorkflow], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json("upkeep/x", json.dumps(history)))


async def test_where_no_page_is_kept_none_is_written(world: World, settings: Settings) -> None:
    longhaul = world.longhaul
    none = settings.model_copy(update={"reports_kept": 0})
    await Longhaul(none, longhaul.temporal, longhaul.pool).keep_up()
    handle = _upkeep(longhaul)
    await until(lambda: _looked(handle, 4))
    assert await _begun(handle, "report_day") == 0
    assert not _pages(settings)


async def test_each_of_five_days_has_its_page_and_the_newest_two_stay(skipped: SkippedTime, settings: Settings) -> None:
    longhaul, environment = skipped.longhaul, skipped.environment
    daily = settings.model_copy(update={"upkeep_seconds": 6 * 3600.0})
    await Longhaul(daily, longhaul.temporal, longhaul.pool).keep_up()
    handle, seen = _upkeep(longhaul), set[str]()
    for _ in range(5):
        await environment.sleep(timedelta(days=1))
        now = await environment.get_current_time()
        await until(lambda now=now: f"{_yesterday(now)}.html" in _pages(settings))
        seen |= set(_pages(settings))
        assert len(_pages(settings)) <= 2
    assert len(seen) in (5, 6)
    days = sorted(date.fromisoformat(name.removesuffix(".html")) for name in seen)
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))], "none was left out"
    assert await _begun(handle, "report_day") == len(days)
