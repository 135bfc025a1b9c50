"""`python -m bench.crowd [JOBS AGENTS]`: many jobs of many agents at once, two worker processes, and their memory.

Every arrival at the target is a line of a file, so that a repeated effect is seen. Memory counts as flat when the
median of both workers' resident bytes late in the run is near that of the middle: the beginning, in which caches
fill, does not count.
"""

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from agents.model import Context, Reply
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from bench.own import own_stack
from domain.answers import Effect
from domain.todo import ItemStatus
from settings import Settings
from starter.client import Longhaul, request
from stores.postgres import reading
from worker import Agents, serve

WORKERS = 2
ITEM = "line"
"""Each job has one item, and makes one call for it."""
MIDDLE, LATE = (0.3, 0.5), (0.8, 1.0)
"""The parts of the run that are compared, by how many of the jobs have ended."""
SAMPLE_SECONDS = 0.2
STARTS_AT_ONCE = 20
HEARTBEAT_SECONDS = 10.0
"""Long: with everything at once, a worker that is late is not dead."""


class LineArgs(Args):
    """Which item the line is for."""

    item: str


class OneLine:
    """A model that has a line written and is done."""

    name = "one line"

    async def reply(self, context: Context) -> Reply:
        """One answer."""
        state = context.state
        if any(item.status is ItemStatus.COMPLETED for item in state.todo):
            return Reply({"says": "written", "intent": {"kind": "finish", "result": "a line"}})
        intent = {"kind": "use_tool", "tool": "write_line", "args": {"item": ITEM}, "item": ITEM}
        return Reply({"says": "a line", "plan": [{"item": ITEM, "text": "write it"}], "intent": intent})


def write_line(effects: Path) -> Tool[Any]:
    """A tool whose target honours keys: a line that comes again under its key counts once."""

    async def run(ctx: ToolContext, args: LineArgs) -> ToolResult:
        ctx.last_check()
        with effects.open("a", encoding="utf-8") as file:  # one short write to a file that is only appended to
            file.write(f"{ctx.key}\n")
        return ToolResult(text=f"wrote {args.item}")

    return Tool(
        name="write_line", effect=Effect.KEYED, args=LineArgs, run=run, summary=lambda args: f"write {args.item}"
    )


@dataclass(frozen=True)
class Figures:
    """What a run came to. Memory is the resident bytes of all workers together."""

    jobs: int
    agents: int
    completed: int
    effects: int
    repeated: int
    """Jobs with more than one effect."""
    forgiven: int
    """Retries that the target knew by their key: on a machine so busy that heartbeats are late."""
    seconds: float
    middle_megabytes: float
    late_megabytes: float

    @property
    def growth(self) -> float:
        """By which part memory grew from the middle to the end."""
        return self.late_megabytes / self.middle_megabytes - 1


async def crowd(settings: Settings, jobs: int, agents: int) -> Figures:
    """Starts everything at once and waits for the end of all."""
    effects, began = settings.home / "effects", time.monotonic()
    settings.home.mkdir(parents=True, exist_ok=True)
    async with Longhaul.connect(settings) as longhaul:
        with _workers(settings, effects) as workers:
            started = asyncio.create_task(_start(longhaul, jobs, agents))
            samples = await _sampled(longhaul, jobs, workers)
            await started
        arrived = effects.read_text(encoding="utf-8").splitlines()
        keys = set(arrived)
        return Figures(
            jobs,
            agents,
            completed=await _count(longhaul, "status = 'completed'"),
            effects=len(keys),
            repeated=len(keys) - len({key.rpartition("/")[0] for key in keys}),
            forgiven=len(arrived) - len(keys),
            seconds=round(time.monotonic() - began, 1),
            middle_megabytes=_median(samples, jobs, MIDDLE),
            late_megabytes=_median(samples, jobs, LATE),
        )


async def _start(longhaul: Longhaul, jobs: int, agents: int) -> None:
    """A few at a time, the agents in turn."""

    async def some(numbers: range) -> None:
        for number in numbers:
            agent = f"agent-{number % agents}"
            await longhaul.start(
                request("lines", agent, {"number": number}, "write a line", "bench", job=f"job-{number}")
            )

    await asyncio.gather(*(some(range(first, jobs, STARTS_AT_ONCE)) for first in range(STARTS_AT_ONCE)))


async def _sampled(longhaul: Longhaul, jobs: int, workers: Sequence[subprocess.Popen[bytes]]) -> list[tuple[int, int]]:
    """How many jobs had ended and how many bytes the workers held, again and again until all have ended."""
    samples = list[tuple[int, int]]()
    while not samples or samples[-1][0] < jobs:
        ended = await _count(longhaul, "completed_at is not null")
        samples.append((ended, sum(_resident_bytes(worker) for worker in workers)))
        await asyncio.sleep(SAMPLE_SECONDS)
    return samples


def _resident_bytes(worker: subprocess.Popen[bytes]) -> int:
    if (code := worker.poll()) is not None:
        raise RuntimeError(f"worker {worker.pid} ended with {code}; workers.log says why")
    return psutil.Process(worker.pid).memory_info().rss


async def _count(longhaul: Longhaul, condition: str) -> int:
    async with reading(longhaul.pool) as connection:
        query = f"select count(*) from agent_tasks where {condition}"  # noqa: S608 - two constants
        row = await (await connection.execute(query.encode())).fetchone()
        return int(row[0]) if row else 0


def _median(samples: Sequence[tuple[int, int]], jobs: int, part: tuple[float, float]) -> float:
    held = [held for ended, held in samples if part[0] * jobs <= ended <= part[1] * jobs]
    return round(statistics.median(held) / 2**20, 1)


@contextlib.contextmanager
def _workers(settings: Settings, effects: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Worker processes, ended by SIGTERM with the block."""
    command = [sys.executable, "-m", "bench.crowd", "--worker", str(effects)]
    with (settings.home / "workers.log").open("ab") as log:
        started = [
            subprocess.Popen(command, env=_environment(settings), stdout=log, stderr=log)  # noqa: S603 - our own module
            for _ in range(WORKERS)
        ]
    try:
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def _environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "LONGHAUL_HOME": str(settings.home),
        "LONGHAUL_POSTGRES_DSN": settings.needed("postgres_dsn"),
        "LONGHAUL_REDIS_URL": settings.needed("redis_url"),
        "LONGHAUL_TASK_QUEUE": settings.task_queue,
        "LONGHAUL_HEARTBEAT_SECONDS": str(settings.heartbeat_seconds),
        "LONGHAUL_MODEL_CALLS_PER_MINUTE": "10000000",
        "LONGHAUL_TOOL_CALLS_PER_MINUTE": "10000000",
        "TEMPORAL_ADDRESS": settings.temporal_address or "",
    }


def _agents(effects: Path) -> Agents:
    return Agents({"lines": OneLine()}, {"write_line": write_line(effects)})


def main(jobs: int = 1000, agents: int = 100) -> None:
    """Measures on a stack of its own."""
    with own_stack(Settings(heartbeat_seconds=HEARTBEAT_SECONDS)) as settings:
        figures = asyncio.run(crowd(settings, jobs, agents))
    sys.stdout.write(json.dumps({**asdict(figures), "growth": round(figures.growth, 3)}, indent=2) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        asyncio.run(serve(Settings.load(), _agents(Path(sys.argv[2]))))
        os._exit(0)
    main(*(int(word) for word in sys.argv[1:]))
