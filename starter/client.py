"""The typed client: what the command line, the demo and the tests do to Longhaul.

Messages go to the workflow as updates, which answer; when no worker answers in time, as signals with the same id,
which wait safely in Temporal. Reading is done in Postgres.
"""

import contextlib
import hashlib
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from pydantic import JsonValue
from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.runs import is_running, runs
from agents.embedding.chosen import embedder
from codec import data_converter
from domain.canonical import canonical
from domain.errors import NotFound, NotHeard, Refused, Unreachable, Unstorable
from domain.events import JobEvent, JobRequested, Limits
from domain.head import Head
from domain.job import JobState
from domain.spoken import SPOKEN, MessageRefused, SpokenEvent
from settings import Settings
from starter.signing import Said, is_consent, signed
from stores import journal, postgres
from stores.jobs import Jobs, decode
from stores.memory import Memories
from stores.people import People
from stores.postgres import Pool
from stores.tasks import Row, Tasks
from stores.vectors import Vectors
from workflows.agent import AgentWorkflow
from workflows.options import Timing
from workflows.starts import AgentStart, UpkeepStart
from workflows.upkeep import UpkeepWorkflow

ANSWER_SECONDS = 10.0
MESSAGE_BYTES = 65_536
ENDED = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class Told:
    """What became of a message: the event once it is recorded, or None while it only waits safely in Temporal."""

    message_id: str
    event: SpokenEvent | None


def request(  # noqa: PLR0917
    job_type: str,
    agent: str,
    inputs: Mapping[str, JsonValue],
    goal: str,
    by: str,
    job: str | None = None,
    priority: int = 0,
    limits: Limits | None = None,
) -> JobRequested:
    """A job request. Without an id of its own the same request has the same id, and so is the same job."""
    same = canonical([agent, job_type, goal, dict(inputs)])
    asked = JobRequested(
        job=job or f"{job_type}-{hashlib.sha256(same).hexdigest()[:10]}",
        agent=agent,
        job_type=job_type,
        goal=goal,
        inputs=dict(inputs),
        limits=limits or Limits(),
        priority=priority,
        requested_by=by,
    )
    if asked.objection:
        raise Refused(asked.objection)
    return asked


def vectors(settings: Settings, pool: Pool) -> Vectors | None:
    """The vectors of the embedder that the settings choose, if they choose one."""
    chosen = embedder(settings.embedder, settings.embedder_model, settings.key_of_embedder())
    return Vectors(pool, chosen) if chosen else None


class Longhaul:
    """A connection to one installation."""

    def __init__(self, settings: Settings, temporal: Client, pool: Pool) -> None:
        self.settings = settings
        self.temporal = temporal
        self.pool = pool
        self.jobs = Jobs(pool)
        self.tasks = Tasks(pool)
        self.vectors = vectors(settings, pool)
        self.memories = Memories(pool, settings.memory_tokens, self.vectors)
        self.people = People(pool)

    @classmethod
    @contextlib.asynccontextmanager
    async def connect(cls, settings: Settings) -> AsyncIterator["Longhaul"]:
        """Connects to Temporal and Postgres for the length of the block."""
        config = settings.temporal_connect_config()
        temporal = await Client.connect(**config, data_converter=data_converter(settings), lazy=True)
        async with postgres.pool(settings.needed("postgres_dsn"), size=4) as pool:
            yield cls(settings, temporal, pool)

    @property
    def timing(self) -> Timing:
        """What the workflows are given of the settings."""
        return Timing(
            heartbeat=self.settings.heartbeat_seconds, workflow_task=self.settings.workflow_task_timeout_seconds
        )

    @property
    def where(self) -> dict[str, Any]:
        """Keyword arguments of `start_workflow`, for every workflow of this installation."""
        limit = timedelta(seconds=self.timing.workflow_task)
        return {"task_queue": self.settings.task_queue, "task_timeout": limit}

    async def start(self, asked: JobRequested) -> None:
        """Puts the request into its agent's queue (signal-with-start)."""
        await self._tell_agent(asked.agent, "request_job", asked.model_dump(mode="json"))

    async def recover(self, agent: str) -> None:
        """Has the agent start every open job whose workflow was lost; what runs is left alone."""
        await self._tell_agent(agent, "recover")

    async def runs(self, job: str) -> bool:
        """Whether the job has a running workflow."""
        return await runs(self.temporal, job)

    async def is_at_work(self, agent: str) -> bool:
        """Whether the agent has a running workflow."""
        return await is_running(self.temporal, f"agent/{agent}")

    @property
    def upkeep_id(self) -> str:
        """The id of this installation's upkeep workflow."""
        return f"upkeep/{self.settings.task_queue}"

    async def keep_up(self) -> None:
        """Has upkeep run, by these settings; one that runs is told of them."""
        every, reports = self.settings.upkeep_seconds, self.settings.reports_kept > 0
        start = UpkeepStart(every=every, timing=self.timing, compacts=True, reports=reports)
        await self.temporal.start_workflow(
            UpkeepWorkflow.run,
            start,
            id=self.upkeep_id,
            **self.where,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="settle",
            start_signal_args=[start],
        )

    async def _tell_agent(self, agent: str, signal: str, *args: JsonValue) -> None:
        """Signal-with-start: an agent that has ended, or was lost, begins anew."""
        await self.reached()
        await self.temporal.start_workflow(
            AgentWorkflow.run,
            AgentStart(agent=agent, timing=self.timing),
            id=f"agent/{agent}",
            **self.where,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=signal,
            start_signal_args=args,
        )

    async def say(self, job: str, kind: str, said: Mapping[str, JsonValue], patience: float = ANSWER_SECONDS) -> Told:
        """Says something to a job. Raises `Refused` with the reason, `NotFound` for a job that does not run."""
        message_id = str(said.get("message_id") or f"{kind}-{uuid.uuid4().hex[:16]}")
        _refuse_poison(said)
        message = await self._signed(job, kind, {**said, "message_id": message_id})
        await self.reached()
        handle = self.temporal.get_workflow_handle(f"job/{job}")
        try:
            answered = await handle.execute_update(
                kind, message, id=message_id, rpc_timeout=timedelta(seconds=patience)
            )
        except WorkflowUpdateFailedError as error:
            if refusal := _refusal(error):
                return await self._recorded_before(job, message_id, refusal)
            return await self._signalled(job, kind, message)  # the run that had taken it was reset, or has ended
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                return await self._recorded_before(job, message_id, await self._not_running(job))
            return await self._signalled(job, kind, message)
        return _told(message_id, SPOKEN.validate_python(answered))

    async def _signalled(self, job: str, kind: str, message: Said) -> Told:
        """Says it as a signal, under the same id, after an update that nobody has answered."""
        message_id = str(message["message_id"])
        try:
            await self.temporal.get_workflow_handle(f"job/{job}").signal(kind, message)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return await self._recorded_before(job, message_id, await self._not_running(job))
        return _told(message_id, await self._recorded(job, message_id))

    async def _recorded_before(self, job: str, message_id: str, otherwise: Exception) -> Told:
        """What became of a message that is not taken now, if it was recorded before; raises `otherwise` if not."""
        event = await self._recorded(job, message_id)
        if event is None:
            raise otherwise
        return _told(message_id, event)

    async def _signed(self, job: str, kind: str, said: Said) -> Said:
        """A consent is signed where this command line has an approver's key."""
        key = self.settings.keys("approver_key")
        if not key or not is_consent(kind, said):
            return said
        return signed(kind, said, await self.state(job), key["key"], time.time())

    async def state(self, job: str) -> JobState:
        """The job's state as the journal has it. Raises `NotFound` with the nearest ids."""
        state = (await self.jobs.find(job, Head())).state
        if state.asked is None:
            raise await self.unknown(job)
        return state

    async def row(self, job: str) -> Row:
        """The job's row. Raises `NotFound` with the nearest ids."""
        row = await self.tasks.job(job)
        if row is None:
            raise await self.unknown(job)
        return row

    async def timeline(self, job: str, after: int = 0, limit: int = 1_000_000) -> list[tuple[int, float, JobEvent]]:
        """The job's events after a version: version, time of the commit (Unix seconds), event."""
        async with postgres.reading(self.pool) as connection:
            loaded = await journal.after(connection, f"job/{job}", after, limit)
        return [(row.head.version, row.at.timestamp(), decode(row)) for row in loaded]

    async def unknown(self, job: str) -> NotFound:
        """The error for an id that is not there, naming the nearest ones."""
        near = get_close_matches(job, await self.tasks.job_ids(), n=3, cutoff=0.4)
        return NotFound(f"job {job!r}" + (f"; the nearest are {', '.join(near)}" if near else "; see `longhaul list`"))

    async def reached(self) -> None:
        """Raises `Unreachable` when Temporal does not answer."""
        try:
            await self.temporal.service_client.check_health(timeout=timedelta(seconds=5))
        except (RuntimeError, RPCError) as error:
            raise Unreachable(f"Temporal at {self.temporal.service_client.config.target_host}") from error

    async def _recorded(self, job: str, message_id: str) -> SpokenEvent | None:
        found = await self.jobs.find(job, Head(), [message_id])
        return found.recorded.get(message_id)

    async def _not_running(self, job: str) -> Exception:
        row = await self.tasks.job(job)
        if row is None:
            return await self.unknown(job)
        if row["status"] in ENDED:
            return Refused(f"job {job} is {row['status']}: it has no running workflow to hear this")
        again = "upkeep starts what was lost, or `longhaul recover` at once"
        return NotHeard(f"job {job} is {row['status']}, and has no running workflow to hear this; {again}")


def _refuse_poison(message: Mapping[str, JsonValue]) -> None:
    """What Temporal itself would not carry is refused here, with the reason."""
    try:
        size = len(canonical(message))
    except Unstorable as error:
        raise Refused(f"it is not a valid message: {error}") from error
    if size > MESSAGE_BYTES:
        raise Refused(f"it is not a valid message: {size} bytes, at most {MESSAGE_BYTES}; put it into a file")


def _told(message_id: str, event: SpokenEvent | None) -> Told:
    if isinstance(event, MessageRefused):
        raise Refused(event.why)
    return Told(message_id, event)


def _refusal(error: WorkflowUpdateFailedError) -> Refused | None:
    """What a validator has raised (`workflows.people`); any other failure says nothing of the message."""
    cause = error.cause
    return Refused(cause.message) if isinstance(cause, ApplicationError) and cause.type == "Refused" else None
