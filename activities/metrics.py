"""Longhaul's own counters, on one page with the SDK's: https://docs.temporal.io/references/sdk-metrics

They count the events that this worker has committed since it started. Every event is committed by one worker, so the
sum over all workers is what was done, whoever did it. An event whose commit was never confirmed (the connection broke
just then) is missing here: the exact numbers are in the journal (docs/sql.md).

    longhaul_decisions_total{job_type, outcome}       answers of the model, valid or invalid
    longhaul_steps_total                              calls that came to an outcome
    longhaul_effects_total{tool, effect, outcome}     the same by outcome: returned, failed, unknown
    longhaul_unknown_outcomes_total{tool}             of these the ones that a person must decide
    longhaul_failures_total{move, kind}               activities that gave no result
    longhaul_jobs_ended_total{job_type, status}       jobs that were completed, failed or cancelled
    longhaul_waited_seconds{kind}                     how long a job waited for a person (a histogram)
    longhaul_outbox_rows                              events that Redis has not been told of yet
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import assert_never

from temporalio.common import MetricMeter
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from activities.inputs import WAITED
from domain import events as e
from domain.errors import LonghaulError
from domain.job import JobState
from stores.relay import Relay

WAITED_BUCKETS = (1.0, 10.0, 60.0, 600.0, 3_600.0, 14_400.0, 86_400.0, 259_200.0, 604_800.0)
PORTS = 64
BACKLOG_SECONDS = 5.0

log = logging.getLogger(__name__)


class NoPort(LonghaulError):
    """The metrics page has no port."""


def served(address: str) -> tuple[Runtime, str]:
    """A runtime that shows its metrics at `address` (host:port), or at the next port that is free; and where it does.

    So the workers of one machine can share their settings. Raises `NoPort`.
    """
    host, _, first = address.rpartition(":")
    for port in range(int(first), int(first) + PORTS):
        config = PrometheusConfig(
            bind_address=f"{host}:{port}",
            counters_total_suffix=True,
            unit_suffix=True,
            durations_as_seconds=True,
            histogram_bucket_overrides={WAITED: WAITED_BUCKETS},
        )
        try:
            return Runtime(telemetry=TelemetryConfig(metrics=config)), f"http://{host}:{port}/metrics"
        except ValueError as error:
            if "in use" not in str(error):
                raise NoPort(f"LONGHAUL_METRICS is {address}: {error}") from error
    raise NoPort(f"LONGHAUL_METRICS is {address}; {PORTS} ports from there on are in use, name another one")


class Counters:
    """Counts what is committed."""

    def __init__(self, meter: MetricMeter) -> None:
        self._decisions = meter.create_counter("longhaul_decisions", "answers of the model")
        self._steps = meter.create_counter("longhaul_steps", "calls that came to an outcome")
        self._effects = meter.create_counter("longhaul_effects", "calls by tool and outcome")
        self._unknown = meter.create_counter("longhaul_unknown_outcomes", "calls of which nobody can tell")
        self._failures = meter.create_counter("longhaul_failures", "activities that gave no result")
        self._ended = meter.create_counter("longhaul_jobs_ended", "jobs by how they ended")
        self._outbox = meter.create_gauge("longhaul_outbox_rows", "events that Redis has not been told of")

    def committed(self, before: JobState, events: Sequence[e.JobEvent]) -> None:
        """Counts the events of one commit; `before` is the state that they follow."""
        for event in events:
            self._count(before, event)

    def _count(self, before: JobState, event: e.JobEvent) -> None:
        match event:
            case e.ModelAnswered() | e.AnswerInvalid():
                outcome = "valid" if event.type == "ModelAnswered" else "invalid"
                self._decisions.add(1, {"job_type": _job_type(before), "outcome": outcome})
            case e.ToolReturned() | e.ToolFailed() | e.OutcomeUnknown():
                self._outcome(before, event)
            case e.StepFailed():
                self._failures.add(1, {"move": event.move, "kind": event.kind})
            case e.JobCompleted() | e.JobFailed() | e.JobCancelled():
                status = event.type.removeprefix("Job").lower()
                self._ended.add(1, {"job_type": _job_type(before), "status": status})
            case _:
                return

    def _outcome(self, before: JobState, event: e.ToolReturned | e.ToolFailed | e.OutcomeUnknown) -> None:
        if before.call is None:
            return
        call = before.call.call
        self._steps.add(1)
        self._effects.add(1, {"tool": call.tool, "effect": call.effect, "outcome": _word(event)})
        if isinstance(event, e.OutcomeUnknown):
            self._unknown.add(1, {"tool": call.tool})

    async def watch_backlog(self, relay: Relay) -> None:
        """Shows the relay's backlog until it is cancelled; a Postgres that is away leaves the last number."""
        while True:
            try:
                self._outbox.set(await relay.backlog())
            except LonghaulError as error:
                log.info("the backlog of notices cannot be counted: %s", error)
            await asyncio.sleep(BACKLOG_SECONDS)


def _word(event: e.ToolReturned | e.ToolFailed | e.OutcomeUnknown) -> str:
    match event:
        case e.ToolReturned():
            return "returned"
        case e.ToolFailed():
            return "failed"
        case e.OutcomeUnknown():
            return "unknown"
        case _:
            assert_never(event)


def _job_type(state: JobState) -> str:
    return state.asked.job_type if state.asked else ""
