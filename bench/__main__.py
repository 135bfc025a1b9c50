"""`python -m bench [-o json]`: what Longhaul costs, beside the raw floor in the same run, on a stack of its own."""

import asyncio
import json
import os
import sys
import time

from temporalio.worker import Worker

from bench import measure
from bench.floor import FloorWorkflow, noop_act, noop_decide
from bench.job import TOUCH, Stepper
from bench.measure import Run
from bench.own import own_stack, say
from bench.profile import profiled
from settings import Settings
from starter.client import Longhaul
from worker import Agents, connect, running

AT_ONCE, STEPS_EACH = 50, 40
ROUNDS = 3
"""Floor and Longhaul take turns, so that a machine that drifts drifts under both; the median ratio counts."""


async def measured(settings: Settings) -> dict[str, object]:
    """Every figure."""
    began = time.monotonic()
    async with running(settings, Agents({"bench": Stepper()}, {TOUCH.name: TOUCH})):
        ready = time.monotonic() - began
        queue = f"{settings.task_queue}-floor"
        client = await connect(settings)
        floor_worker = Worker(client, task_queue=queue, workflows=[FloorWorkflow], activities=[noop_decide, noop_act])
        async with (
            Longhaul.connect(settings) as longhaul,
            Longhaul.connect(settings.model_copy(update={"task_queue": queue})) as raw,
            floor_worker,
        ):
            return {"worker_ready_seconds": round(ready, 2), **await _figures(longhaul, raw)}


async def _figures(longhaul: Longhaul, raw: Longhaul) -> dict[str, object]:
    say("warming up")
    await asyncio.gather(measure.floor(raw, 5, 10), measure.job(longhaul, 5, 10))
    say("one job alone")
    alone = [(await measure.floor(raw, 1, 50), await measure.job(longhaul, 1, 50)) for _ in range(ROUNDS)]
    say(f"{AT_ONCE} jobs at once")
    home, together, spent = longhaul.settings.home, [], {}
    for _ in range(ROUNDS):
        floor, spent["floor"] = await profiled(home, measure.floor(raw, AT_ONCE, STEPS_EACH))
        run, spent["longhaul"] = await profiled(home, measure.job(longhaul, AT_ONCE, STEPS_EACH))
        together.append((floor, run))
    say("a long job")
    long = await measure.job(longhaul, 1, 400)
    return {
        "one_job": _beside(alone),
        "fifty_jobs": _beside(together),
        "processor_ms_per_step_fifty_jobs": spent,
        "ms_per_step_one_job": round(min(1000 / run.steps_per_second for _, run in alone), 1),
        "commits_per_step_fifty_jobs": round(together[-1][1].commits / together[-1][1].total, 2),
        "at_50_steps": _sizes(alone[-1][1]),
        "at_400_steps": _sizes(long),
    }


def _beside(pairs: list[tuple[Run, Run]]) -> dict[str, object]:
    ratios = sorted(run.steps_per_second / floor.steps_per_second for floor, run in pairs)
    middle = len(pairs) // 2
    return {
        "floor_steps_per_second": [round(floor.steps_per_second, 1) for floor, _ in pairs],
        "steps_per_second": [round(run.steps_per_second, 1) for _, run in pairs],
        "ratio": round(ratios[middle], 3),
    }


def _sizes(run: Run) -> dict[str, object]:
    return {
        "commits_per_step": round(run.commits / run.total, 2),
        "wal_bytes_per_step": run.wal // run.total,
        "history_bytes_per_step": run.history // run.steps,
        "journal_bytes_per_step": run.journal // run.total,
    }


def main() -> None:
    """Starts a stack of its own, measures, ends it."""
    given = Settings(tool_calls_per_minute=10_000_000, model_calls_per_minute=10_000_000)
    with own_stack(given) as settings:
        figures = asyncio.run(measured(settings))
    compact = "json" in sys.argv[1:]
    sys.stdout.write(json.dumps(figures, indent=None if compact else 2) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
