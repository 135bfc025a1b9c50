"""A worker's metrics page holds the numbers that the journal holds, each worker's under a port of its own."""

import asyncio
import re
import socket
import urllib.request
from collections import Counter
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from temporalio.client import WorkflowExecutionStatus

from activities.runs import seen
from domain.events import ModelAnswered, ToolCalled
from domain.job import JobState
from settings import Settings
from starter.client import Longhaul
from stores.postgres import Pool
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness

Page = dict[str, float]
"""Our own series, as `name{label="value",…}` without the SDK's labels, with their values."""
SERIES = re.compile(r"^(longhaul_\w+)(?:\{(.*)\})? (\S+)$", re.M)
OURS = re.compile(r'\b(job_type|outcome|tool|effect|status|kind|move)="([^"]*)"')


@pytest.fixture
def port() -> int:
    """A port that is free, as is the next one."""
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        found: int = first.getsockname()[1]
        return found


@pytest.fixture
def measured(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"metrics": f"127.0.0.1:{port}"})


@pytest.fixture
def worker(measured: Settings, witness: Witness) -> Iterator[WorkerProcess]:
    with WorkerProcess(measured, witness.path) as process:
        yield process


def _read(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
        text: str = page.read().decode()
        return text


async def _page(port: int) -> Page:
    text = await asyncio.to_thread(_read, port)
    found: Page = {}
    for name, labels, value in SERIES.findall(text):
        ours = ",".join(f"{label}={value}" for label, value in sorted(OURS.findall(labels)))
        found[f"{name}{{{ours}}}" if ours else name] = float(value)
    return found


async def _journal(longhaul: Longhaul, *jobs: str) -> Page:
    """What the page must say of these jobs."""
    told = [event for job in jobs for event in await events(longhaul, job)]
    called = {
        (job, version): event.call
        for job in jobs
        for version, _, event in await longhaul.timeline(job)
        if isinstance(event, ToolCalled)
    }
    effects = Counter[str]()
    for job in jobs:
        for event in of_type(await events(longhaul, job), "ToolReturned", "ToolFailed", "OutcomeUnknown"):
            call = called[job, event.model_dump()["call"]]
            word = {"ToolReturned": "returned", "ToolFailed": "failed", "OutcomeUnknown": "unknown"}[event.type]
            effects[f"longhaul_effects_total{{effect={call.effect},outcome={word},tool={call.tool}}}"] += 1
    decisions = sum(isinstance(event, ModelAnswered) for event in told)
    return {
        **{name: float(count) for name, count in effects.items()},
        "longhaul_steps_total": float(effects.total()),
        "longhaul_decisions_total{job_type=toy,outcome=valid}": float(decisions),
        "longhaul_jobs_ended_total{job_type=toy,status=completed}": float(len(jobs)),
    }


async def _has_seen(longhaul: Longhaul, state: JobState, job: str) -> bool:
    """Whether the workflow has come as far as the journal: one that is answered before does not wait at all."""
    found = await seen(longhaul.temporal, job, WorkflowExecutionStatus.RUNNING)
    return found is not None and found.head.version == state.version


async def test_our_counters_are_the_journals_numbers(
    settings: Settings, worker: WorkerProcess, port: int, unique: str
) -> None:
    jobs = [f"{unique}-work", f"{unique}-asks"]
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(jobs[0], "pure:1", "pure:2", "transactional", "keyed", "lookup", "once"))
        await longhaul.start(toy(jobs[1], "guarded"))
        waiting = await waits(longhaul, jobs[1])
        await until(lambda: _has_seen(longhaul, waiting, jobs[1]))
        request = waiting.requests[0]
        await ended(longhaul, jobs[0])
        await longhaul.say(jobs[1], "approve", {"by": "ann", "request": request.id}, patience=20)
        await ended(longhaul, jobs[1])
        expected = await _journal(longhaul, *jobs)
        asked_at, answered_at = [
            at for _, at, event in await longhaul.timeline(jobs[1]) if event.type.startswith("Approval")
        ]
    page = await _page(port)
    counted = {
        name: value for name, value in page.items() if name.startswith(("longhaul_steps", "longhaul_eff", "longhaul_d"))
    }
    counted |= {name: value for name, value in page.items() if name.startswith("longhaul_jobs_ended")}
    assert counted == expected
    assert expected["longhaul_steps_total"] == 7
    assert page["longhaul_waited_seconds_count{kind=approval}"] == 1
    assert page["longhaul_waited_seconds_sum{kind=approval}"] == pytest.approx(answered_at - asked_at, abs=1.0)
    assert "temporal_workflow_completed" in await asyncio.to_thread(_read, port), "the SDK's own metrics beside ours"


async def test_an_unknown_outcome_is_counted_by_the_worker_that_found_it(
    settings: Settings, worker: WorkerProcess, port: int, unique: str
) -> None:
    assert settings.crash_points is not None
    (settings.crash_points / "after_call.kill").touch()
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "once"))
        await until(worker.fell)
        worker.start()
        await waits(longhaul, unique)
    assert (await _page(port))["longhaul_unknown_outcomes_total{tool=once}"] == 1


async def test_the_backlog_is_what_redis_was_not_told(
    measured: Settings, pool: Pool, witness: Witness, port: int, unique: str
) -> None:
    """Without Redis the job goes on and its notices wait; with it they are gone."""
    away = measured.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})
    async with Longhaul.connect(measured) as longhaul:
        with WorkerProcess(away, witness.path):
            await longhaul.start(toy(unique, "pure"))
            written = (await ended(longhaul, unique)).version
            waiting = await _rows(pool)
            assert waiting >= written
            await until(lambda: _shows(port, waiting), 20)
        with WorkerProcess(measured, witness.path):
            await until(lambda: _shows(port, 0), 20)
            assert await _rows(pool) == 0


async def _rows(pool: Pool) -> int:
    async with pool.connection() as connection:
        row = await (await connection.execute("select count(*) from outbox")).fetchone()
    assert row is not None
    return int(row[0])


async def _shows(port: int, rows: int) -> bool:
    try:
        page = await _page(port)
    except OSError:  # the worker is not there yet
        return False
    return page.get("longhaul_outbox_rows") == rows


async def test_each_worker_has_a_page_of_its_own(worker: WorkerProcess, port: int) -> None:
    """Two workers with the same settings: the second one takes the next port."""
    await until(lambda: f"http://127.0.0.1:{port}/metrics" in worker.log.read_text(encoding="utf-8"), 20)
    worker.start()
    pages = re.compile(r"shows metrics at http://127\.0\.0\.1:(\d+)/metrics")
    await until(lambda: len(pages.findall(worker.log.read_text(encoding="utf-8"))) == 2, 20)
    ports = [int(found) for found in pages.findall(worker.log.read_text(encoding="utf-8"))]
    assert ports[0] == port < ports[1]
    for each in ports:
        await until(lambda each=each: _is_shown(each), 30)


async def _is_shown(port: int) -> bool:
    return "temporal_" in await asyncio.to_thread(_read, port)
