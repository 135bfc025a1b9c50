"""How activities are called: time-outs, heartbeats and retries, by what they do."""

from datetime import timedelta
from typing import Any

from pydantic import Field
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from domain.frozen import Frozen

JOURNAL_ONLY = frozenset(
    {"open_job", "take_turn", "record", "expire", "read_on", "close_job", "enqueue", "next_job", "due_for_compaction"}
)
"""Activities that touch nothing but our own stores: retried for as long as it takes."""

ASK_A_MODEL = frozenset({"decide", "compact"})

ATTEMPTS = 20
"""Attempts of an activity that meets the world, before its failure becomes an event."""


class Timing(Frozen):
    """Seconds. A worker that was killed or suspended is noticed after `heartbeat` when it ran an activity, and after
    `workflow_task` when it held a workflow task; `decide` and `act` bound a single attempt.
    """

    heartbeat: float = Field(default=1.5, ge=0.2, le=60)
    workflow_task: float = Field(default=5, ge=1, le=60)
    decide: float = 300
    act: float = 3600


def queue_of(queue: str, capability: str) -> str:
    """The task queue of the workers that serve a capability, beside the one that all workers serve."""
    return f"{queue}-{capability}" if capability else queue


def options(activity: str, timing: Timing) -> dict[str, Any]:
    """Keyword arguments of `workflow.start_activity`."""
    heartbeat = timedelta(seconds=timing.heartbeat)
    if activity in JOURNAL_ONLY:
        limit = timedelta(seconds=30)
        return {"start_to_close_timeout": limit, "heartbeat_timeout": heartbeat, "retry_policy": _retry(attempts=0)}
    seconds = timing.decide if activity in ASK_A_MODEL else timing.act
    return {
        "start_to_close_timeout": timedelta(seconds=seconds),
        "heartbeat_timeout": heartbeat,
        "retry_policy": _retry(attempts=ATTEMPTS),
        "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    }


def _retry(attempts: int) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=timedelta(milliseconds=100),
        maximum_interval=timedelta(seconds=10),
        maximum_attempts=attempts,
    )
