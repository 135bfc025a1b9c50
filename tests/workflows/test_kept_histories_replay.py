"""Histories that earlier releases left replay on today's code; and the sandbox prepares the workflows quickly."""

import asyncio
import time
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from workflows.agent import AgentWorkflow
from workflows.job import JobWorkflow
from workflows.upkeep import UpkeepWorkflow

RELEASES = Path(__file__).parent.parent / "fixtures"
HISTORIES = sorted(RELEASES.glob("release_*/histories/*.json"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
async def test_a_kept_history_replays(path: Path) -> None:
    replayer = Replayer(workflows=[JobWorkflow, AgentWorkflow], data_converter=pydantic_data_converter)
    text = await asyncio.to_thread(path.read_text)
    history = WorkflowHistory.from_json(path.stem.replace("-", "/", 1), text)
    await replayer.replay_workflow(history)


def test_there_are_histories_of_every_kind_of_end() -> None:
    assert {path.stem for path in HISTORIES} >= {"job-completed", "job-failed", "job-cancelled", "job-changed"}


@pytest.mark.parametrize("kind", [JobWorkflow, AgentWorkflow, UpkeepWorkflow])
async def test_the_sandbox_prepares_a_workflow_in_ten_milliseconds(kind: type) -> None:
    """Imports inside the sandbox are paid for by every workflow instance: all of ours are passed through."""
    definition = workflow._Definition.must_from_class(kind)
    runner = SandboxedWorkflowRunner()
    runner.prepare_workflow(definition)
    took = []
    for _ in range(30):  # the quickest counts: others use the machine too
        started = time.perf_counter()
        runner.prepare_workflow(definition)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.01
