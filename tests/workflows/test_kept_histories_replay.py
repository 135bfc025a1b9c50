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

from tests.support.bare import Bare
from workflows.agent import AgentWorkflow
from workflows.job import JobWorkflow
from workflows.upkeep import UpkeepWorkflow

RELEASES = Path(__file__).parent.parent / "fixtures"
HISTORIES = sorted(RELEASES.glob("release_*/histories/*.json"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
async def test_a_kept_history_replays(path: Path) -> None:
    replayer = Replayer(workflows=[JobWorkflow, AgentWorkflow, UpkeepWorkflow], data_converter=pydantic_data_converter)
    text = await asyncio.to_thread(path.read_text)
    history = WorkflowHistory.from_json(path.stem.replace("-", "/", 1), text)
    await replayer.replay_workflow(history)


def test_there_are_histories_of_every_kind_of_end() -> None:
    assert {path.stem for path in HISTORIES} >= {
        "job-completed",
        "job-failed",
        "job-cancelled",
        "job-changed",
        "upkeep-compacting",
    }


@pytest.mark.parametrize("kind", [JobWorkflow, AgentWorkflow, UpkeepWorkflow])
async def test_the_sandbox_prepares_a_workflow_about_as_quickly_as_a_bare_one(kind: type) -> None:
    """Imports inside the sandbox are paid for by every workflow instance: all of ours are passed through.

    One module of models that is not takes more than all the rest together. Both kinds are timed in turn, and the
    quickest counts: others use the machine too.
    """
    ours, bare = zip(*((_prepared(kind), _prepared(Bare)) for _ in range(30)), strict=True)
    assert min(ours) < 8 * min(bare)


def _prepared(kind: type) -> float:
    """The seconds that the sandbox takes to prepare an instance."""
    definition, runner = workflow._Definition.must_from_class(kind), SandboxedWorkflowRunner()
    started = time.perf_counter()
    runner.prepare_workflow(definition)
    return time.perf_counter() - started
