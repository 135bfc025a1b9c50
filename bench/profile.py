"""Where the time goes: processor time of each process of the stack, from the operating system."""

import os
from collections.abc import Awaitable
from pathlib import Path

import psutil

from bench.measure import Run
from stack.records import read_record

SERVICES = ("temporal", "postgres", "redis")

Profile = dict[str, float]


async def profiled(home: Path, measured: Awaitable[Run]) -> tuple[Run, Profile]:
    """The run, and the milliseconds of processor time that each process spent on a step of it."""
    before = _seconds(home)
    run = await measured
    return run, {name: round(1000 * (spent - before[name]) / run.total, 1) for name, spent in _seconds(home).items()}


def _seconds(home: Path) -> Profile:
    own = os.times()
    return {"worker": own.user + own.system, **{name: _service(home, name) for name in SERVICES}}


def _service(home: Path, name: str) -> float:
    record = read_record(home, name)
    assert record is not None
    leader = psutil.Process(record.pid)
    return sum(sum(process.cpu_times()[:2]) for process in (leader, *leader.children(recursive=True)))
