"""The activities of one worker, as `worker.py` composes them, with one tool and a model that uses it. Redis is away."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import JsonValue
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.crash import CrashPoints
from activities.inputs import Move, OpenJob
from activities.job import JobActivities
from activities.model import ModelActivities
from activities.recall import Recall
from activities.settle import Stores
from activities.thinking import Thinking
from activities.tools import ToolActivities
from agents.model import Context, Reply
from agents.tools.catalogue import catalogue
from agents.tools.tool import Tool
from domain.events import JobRequested
from stores.artifacts import Artifacts
from stores.files import AgentFiles
from stores.jobs import Jobs
from stores.lease import Leases
from stores.limit import Limiter
from stores.memory import Memories
from stores.people import People
from stores.postgres import Pool
from stores.preloads import Preloads
from stores.tasks import Tasks
from stores.workspace import Workspace

NOW = 1_800_000_000.0
"""The workflow's clock."""
APPROVAL_DAYS = 7.0
UNLIMITED = 1e6
JOB_TYPE = "torture"


class Caller:
    """A model that uses the tool with the arguments that its job was given."""

    name = JOB_TYPE

    def __init__(self, tool: str) -> None:
        self.tool = tool

    async def reply(self, context: Context) -> Reply:
        assert context.state.asked is not None
        use = {"kind": "use_tool", "tool": self.tool, "args": context.state.asked.inputs, "item": "call"}
        plan = [{"item": "call", "text": f"Call {self.tool} once"}]
        return Reply({"says": "on it", "plan": plan, "intent": use})


class NoTemporal(Client):
    """A client of no server: nobody runs the job's workflow, so nobody is told of a late outcome."""

    def __init__(self) -> None:
        """Nothing is connected."""

    def get_workflow_handle(self, *_: Any, **__: Any) -> Any:
        return self

    async def signal(self, name: str) -> None:
        """Goes nowhere."""


class Hands:
    """One worker's activities."""

    def __init__(self, pool: Pool, home: Path, tool: Tool[Any], crash: CrashPoints | None = None) -> None:
        self.jobs, memories = Jobs(pool), Memories(pool)
        workspace = Workspace(home / "agents")
        files = AgentFiles(self.jobs, memories, Tasks(pool), workspace)
        nobody = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
        limiter = Limiter(nobody)
        stores = Stores(memories, Artifacts(pool), crash or CrashPoints(), workspace, home=str(home))
        self.job = JobActivities(self.jobs, memories, files)
        thinking = Thinking(
            self.jobs,
            memories,
            files,
            People(pool),
            artifacts=stores.artifacts,
            crash=CrashPoints(),
            limiter=limiter,
            recall=Recall(memories, Preloads(nobody)),
            models={JOB_TYPE: Caller(tool.name)},
            tools=catalogue([tool]),
            approval_days=APPROVAL_DAYS,
            calls_per_minute=UNLIMITED,
        )
        self.model = ModelActivities(self.jobs, files, thinking)
        self.tool = ToolActivities(
            self.jobs,
            files,
            stores,
            thinking,
            tools={tool.name: tool},
            limiter=limiter,
            leases=Leases(nobody),
            approval_days=APPROVAL_DAYS,
            calls_per_minute=UNLIMITED,
            quick_seconds=0.0,
        )

    async def called(self, job: str, args: Mapping[str, JsonValue]) -> Move:
        """A job of an agent of its own that has decided to call the tool; what its workflow then gives to `act`."""
        request = JobRequested(
            job=job, agent=job, job_type=JOB_TYPE, goal="Call the tool", inputs=dict(args), requested_by="torture"
        )
        opened = await environment().run(self.job.open_job, OpenJob(job=job, request=request, now=NOW))
        turn = await environment().run(self.job.take_turn, Move(job=job, seen=opened.head, now=NOW))
        decided = await environment().run(self.model.decide, Move(job=job, seen=turn.head, now=NOW))
        return Move(job=job, seen=decided.head, now=NOW)


def environment() -> ActivityEnvironment:
    """Where an activity runs as it does under Temporal."""
    made = ActivityEnvironment(client=NoTemporal())
    made.info = dataclasses.replace(made.info, heartbeat_timeout=timedelta(seconds=2))
    return made
