"""The worker: settings, then stores, then activities, then Temporal's worker. The only file that knows all of them."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from redis.asyncio import Redis
from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.runtime import Runtime
from temporalio.worker import Worker

from activities.catching_up import CatchingUp
from activities.crash import CrashPoints
from activities.job import JobActivities
from activities.metrics import Counters, served
from activities.model import ModelActivities
from activities.queue import QueueActivities
from activities.recall import Recall
from activities.settle import Stores
from activities.thinking import Thinking
from activities.tidying import Tidying
from activities.tools import ToolActivities
from activities.upkeep import UpkeepActivities
from agents.llm import LanguageModel
from agents.model import Model
from agents.plugins import load
from agents.tools.all import tools
from agents.tools.catalogue import catalogue, placed
from agents.tools.tool import Tool
from codec import data_converter
from domain.compaction import Policy
from domain.signed import Approvers
from domain.todo import Tidiness
from settings import Settings
from starter.client import Longhaul
from starter.compaction import choice, compaction, language_model
from starter.report import written
from starter.upkeep import restarted
from stores import postgres
from stores.artifacts import Artifacts
from stores.files import AgentFiles
from stores.filling import Filling
from stores.jobs import Jobs
from stores.lease import Leases
from stores.limit import Limiter
from stores.pages import DailyPages
from stores.people import People
from stores.preloads import Preloads
from stores.redis import client as redis_client
from stores.relay import Relay
from stores.signatures import verifier
from stores.workspace import Workspace
from workflows.agent import AgentWorkflow
from workflows.job import JobWorkflow
from workflows.options import queue_of
from workflows.upkeep import UpkeepWorkflow

GRACE = timedelta(seconds=30)
"""How long a worker that is told to stop lets its activities finish."""

STICKY = timedelta(seconds=1)
"""How long a workflow task waits for the worker that holds the workflow, which may be dead, before any may take it."""


@dataclass(frozen=True)
class Agents:
    """What the worker's agents can do: models by job type, tools by name.

    `offered` names the tools of the job types that may not use all; the models of those in `slow` take seconds.
    """

    models: dict[str, Model]
    tools: dict[str, Tool[Any]]
    offered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    slow: frozenset[str] = frozenset()
    language: LanguageModel | None = None
    """The language model, if one is set; it also compacts memories."""

    @classmethod
    def configured(cls, settings: Settings) -> "Agents":
        """Those of this installation."""
        language = language_model(settings)
        answering = language or LanguageModel(choice(settings))
        built_in = tools(settings.secret("mail_url"), settings.mail_from, settings.http_allow.split(","))
        loaded = load(settings.plugins, built_in)
        return cls(
            models={name: each.model or answering for name, each in loaded.job_types.items()},
            tools=placed(loaded.tools, settings.tool_capabilities),
            offered={name: each.tools for name, each in loaded.job_types.items() if each.tools is not None},
            slow=frozenset(name for name, each in loaded.job_types.items() if each.model is None),
            language=language,
        )


@contextlib.asynccontextmanager
async def running(settings: Settings, agents: Agents | None = None) -> AsyncIterator[Worker]:
    """A worker at work, with its relay, until the block ends."""
    agents = agents or Agents.configured(settings)
    runtime = _runtime(settings)
    client = await connect(settings, runtime)
    counters = Counters(runtime.metric_meter if runtime else MetricMeter.noop)
    async with contextlib.AsyncExitStack() as resources:
        dsn, size = settings.needed("postgres_dsn"), settings.postgres_connections
        pool = await resources.enter_async_context(postgres.pool(dsn, size))
        redis = redis_client(settings.needed("redis_url"))
        resources.push_async_callback(redis.aclose)
        relay = Relay(pool, redis)
        resources.push_async_callback(_stop, asyncio.create_task(relay.run()))
        longhaul = Longhaul(settings, client, pool)
        if longhaul.vectors:
            filling = Filling(pool, longhaul.vectors, Leases(redis))
            resources.push_async_callback(_stop, asyncio.create_task(filling.run()))
        if runtime:
            resources.push_async_callback(_stop, asyncio.create_task(counters.watch_backlog(relay)))
        upkeep = _upkeep(settings, agents, longhaul, redis)
        tuned = _tuned(settings, [*_activities(settings, agents, longhaul, redis, counters), *upkeep])
        for capability in settings.capabilities:
            queue = queue_of(settings.task_queue, capability)
            await resources.enter_async_context(Worker(client, task_queue=queue, **tuned))
        flows = [JobWorkflow, AgentWorkflow, UpkeepWorkflow]
        worker = Worker(client, task_queue=settings.task_queue, workflows=flows, **tuned)
        await resources.enter_async_context(worker)
        yield worker


def _tuned(settings: Settings, activities: list[Any]) -> dict[str, Any]:
    """What the workers of all our task queues have in common."""
    pulse = timedelta(seconds=settings.heartbeat_seconds / 2.5)
    return {
        "activities": activities,
        "max_concurrent_activities": settings.max_activities,
        "max_concurrent_workflow_tasks": settings.max_workflow_tasks,
        "max_cached_workflows": settings.cached_workflows,
        "max_heartbeat_throttle_interval": pulse,
        "default_heartbeat_throttle_interval": pulse,
        "graceful_shutdown_timeout": GRACE,
        "sticky_queue_schedule_to_start_timeout": STICKY,
    }


async def connect(settings: Settings, runtime: Runtime | None = None) -> Client:
    """A Temporal client that speaks pydantic, encrypted when there is a key."""
    config = settings.temporal_connect_config()
    return await Client.connect(**config, data_converter=data_converter(settings), runtime=runtime)


def _runtime(settings: Settings) -> Runtime | None:
    """The runtime that shows metrics, if they are wanted."""
    if settings.metrics is None:
        return None
    runtime, url = served(settings.metrics)
    print(f"worker {os.getpid()} shows metrics at {url}", file=sys.stderr, flush=True)
    return runtime


def _activities(settings: Settings, agents: Agents, longhaul: Longhaul, redis: Redis, counters: Counters) -> list[Any]:
    pool, memories, tasks = longhaul.pool, longhaul.memories, longhaul.tasks
    jobs = Jobs(pool, counters.committed)
    limiter, days = Limiter(redis), settings.approval_days
    crash = CrashPoints(settings.crash_points)
    workspace = Workspace(settings.home / "agents", crash)
    files = AgentFiles(jobs, memories, tasks, workspace)
    stores = Stores(memories, Artifacts(pool), crash, workspace, home=str(settings.home))
    job = JobActivities(jobs, memories, files, _approvers(settings))
    thinking = Thinking(
        jobs,
        memories,
        files,
        People(pool),
        artifacts=stores.artifacts,
        crash=stores.crash,
        limiter=limiter,
        recall=Recall(memories, Preloads(redis)),
        models=agents.models,
        tools=catalogue(agents.tools.values()),
        approval_days=days,
        calls_per_minute=settings.model_calls_per_minute,
        offered=agents.offered,
        slow=agents.slow,
    )
    tool = ToolActivities(
        jobs,
        files,
        stores,
        thinking,
        tools=agents.tools,
        limiter=limiter,
        leases=Leases(redis),
        approval_days=days,
        calls_per_minute=settings.tool_calls_per_minute,
        capabilities=settings.capabilities,
    )
    model = ModelActivities(jobs, files, thinking)
    queue = QueueActivities(jobs, tasks)
    lifecycle = [job.open_job, job.take_turn, job.record, job.expire, job.read_on, job.close_job]
    return [*lifecycle, model.decide, tool.act, queue.enqueue, queue.next_job]


def _upkeep(settings: Settings, agents: Agents, longhaul: Longhaul, redis: Redis) -> list[Any]:
    policy = Policy(days=settings.compact_days)
    compacting = compaction(settings, longhaul.memories, Limiter(redis), agents.language, policy)
    files = AgentFiles(longhaul.jobs, longhaul.memories, longhaul.tasks, Workspace(settings.home / "agents"))
    terms = Tidiness(stale_days=settings.todo_stale_days, archive_days=settings.todo_archive_days)
    tidying = Tidying(longhaul.jobs, longhaul.tasks, files, terms)
    catching_up = CatchingUp(longhaul.tasks, files)
    report = partial(written, longhaul.pool, DailyPages(settings.home, settings.reports_kept))
    upkeep = UpkeepActivities(partial(restarted, longhaul), tidying, catching_up, compacting, files, report=report)
    return [upkeep.keep_up, upkeep.due_for_compaction, upkeep.compact, upkeep.report_day]


def _approvers(settings: Settings) -> Approvers | None:
    """Who must sign; nobody, where none are named."""
    keys = settings.keys("approvers")
    return Approvers(frozenset(keys), verifier(keys), settings.signature_hours * 3600) if keys else None


async def _stop(task: asyncio.Task[None]) -> None:
    """Cancels until it has ended: a library on the way may swallow a cancellation that meets its own time-out."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=1)


async def serve(settings: Settings, agents: Agents | None = None) -> None:
    """Works until SIGTERM or SIGINT, then finishes what it has begun."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with running(settings, agents):
        async with Longhaul.connect(settings) as longhaul:
            await longhaul.keep_up()
        _count_only_what_comes_now()
        print(f"worker {os.getpid()} is ready on task queue {settings.task_queue}", file=sys.stderr, flush=True)
        await stopping.wait()
        print(f"worker {os.getpid()} finishes what it has begun", file=sys.stderr, flush=True)


def _count_only_what_comes_now() -> None:
    """Takes the loaded program out of the garbage collector's count.

    A full collection begins when what has come since the last one is a quarter of all that is counted. Against the
    whole program that is a lot: ended workflows, which are cycles, would stay in memory for hundreds of jobs.
    """
    gc.collect()
    gc.freeze()
    gc.collect()


def main() -> None:
    """The entry point. It ends the process itself: the SDK's native runtime can abort when the interpreter ends."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    code = 0
    try:
        asyncio.run(serve(Settings.load()))
    except Exception:
        logging.exception("the worker ended")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
