"""From the kill to the next event: seconds, whatever the worker was doing when it died."""

import asyncio
import time

import psycopg
import pytest

from settings import Settings
from starter.client import Longhaul
from tests.conftest import Stack, until
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.support.processes import WorkerProcess

SOON = 15.0
"""Seconds."""
POINTS = ("before_decision", "after_decision", "after_call", "after_effect")


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_a_crash_point(point: str, settings: Settings, worker: WorkerProcess, unique: str) -> None:
    assert settings.crash_points is not None
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "keyed:1"))
        (settings.crash_points / f"{point}.kill").touch()
        await longhaul.start(toy(f"{unique}-2", "keyed:2"))
        assert await _seconds_until_it_moves(longhaul, worker, unique, f"{unique}-2") < SOON
        for job in (unique, f"{unique}-2"):
            assert (await ended(longhaul, job)).status == "completed"


async def _seconds_until_it_moves(longhaul: Longhaul, worker: WorkerProcess, *jobs: str) -> float:
    await until(worker.fell, 30)
    killed, before = time.monotonic(), await _count(longhaul, *jobs)
    worker.start()
    await until(lambda: _more(longhaul, before, *jobs), 60)
    return time.monotonic() - killed


async def _count(longhaul: Longhaul, *jobs: str) -> int:
    return sum([len(await longhaul.timeline(job)) for job in jobs])


async def _more(longhaul: Longhaul, before: int, *jobs: str) -> bool:
    return await _count(longhaul, *jobs) > before


async def test_killed_while_it_records_a_message(
    settings: Settings, stack: Stack, database: str, worker: WorkerProcess, unique: str
) -> None:
    """The journal is locked, so that the worker surely dies within its write, and the write with it."""
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "guarded"))
        await waits(longhaul, unique)
        async with await psycopg.AsyncConnection.connect(stack.admin_dsn(database.rpartition("/")[2])) as lock:
            await lock.execute("lock table agent_events in share row exclusive mode")
            await longhaul.temporal.get_workflow_handle(f"job/{unique}").signal("inform", {"by": "ann", "text": "hi"})
            await until(lambda: _somebody_waits(lock), 5)
            worker.kill()
            await lock.execute("select pg_terminate_backend(pid) from pg_locks where not granted")
        killed = time.monotonic()
        worker.start()
        await until(lambda: _informed(longhaul, unique), 60)
        assert time.monotonic() - killed < SOON


async def _somebody_waits(lock: psycopg.AsyncConnection[tuple[object, ...]]) -> bool:
    found = await lock.execute("select count(*) from pg_locks where not granted")
    row = await found.fetchone()
    await asyncio.sleep(0)
    return row is not None and row[0] != 0


async def _informed(longhaul: Longhaul, job: str) -> bool:
    return bool(of_type(await events(longhaul, job), "InformationGiven"))
