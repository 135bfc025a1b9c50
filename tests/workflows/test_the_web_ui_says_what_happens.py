"""What the web UI shows of a waiting job and of its agent, with the payload codec on: every line fits, and is read."""

import base64
import os
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.converter import WorkflowSerializationContext

from codec import WORKFLOW_ID
from domain.messages import FORMS
from settings import Settings
from tests.conftest import until
from tests.support.jobs import toy, waits
from tests.workflows.conftest import World
from workflows.face import END

LONG = '\u6f22\u5b57\\"\U0001f600 ' * 600
"""A goal of three thousand characters that take more than one byte each."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    key = base64.b64encode(os.urandom(32)).decode()
    return settings.model_copy(update={"codec_key": SecretStr(f"k1:{key}")})


async def _lines(world: World, workflow: str) -> dict[str, str]:
    """The summaries in a workflow's history, by activity, or by the type of another event that has one."""
    client, found = world.longhaul.temporal, {}
    for event in (await client.get_workflow_handle(workflow).fetch_history()).events:
        if event.user_metadata.HasField("summary"):
            line = event.user_metadata.summary
            place = WorkflowSerializationContext(client.namespace, line.metadata[WORKFLOW_ID].decode())
            name = event.activity_task_scheduled_event_attributes.activity_type.name or EventType.Name(event.event_type)
            [found[name]] = await client.data_converter.with_context(place).decode([line])
    return found


async def _metadata(world: World, workflow: str) -> Any:
    handle = world.longhaul.temporal.get_workflow_handle(workflow)
    return await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)


async def test_a_waiting_job_says_for_whom_until_when_and_what_then(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded", goal=LONG))
    asked = (await waits(world.longhaul, unique)).requests[0]

    async def has_its_timer() -> bool:
        return "EVENT_TYPE_TIMER_STARTED" in await _lines(world, f"job/{unique}")

    await until(has_its_timer)
    lines = await _lines(world, f"job/{unique}")
    assert LONG.startswith(lines["EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"])
    assert lines["decide"].endswith("think (revision 1)")
    assert "take_turn" not in lines
    assert lines["EVENT_TYPE_TIMER_STARTED"].startswith(f"waits for approval {asked.id}; reminder 2")
    details = (await _metadata(world, f"job/{unique}")).current_details
    assert f"UTC, then: {asked.deadline.default}\n\n`longhaul approve {unique} {asked.id}`" in details
    assert details.endswith(f"\n\n{END}"), "the last paragraph is cut off"


async def test_an_agent_says_which_job_it_started_and_how_many_are_open(world: World, unique: str) -> None:
    agent = f"agent-{unique}"
    await world.longhaul.start(toy(unique, "guarded", goal=LONG))
    await waits(world.longhaul, unique)
    lines = await _lines(world, f"agent/{agent}")
    assert lines["enqueue"].startswith(f"{unique}: \u6f22")
    goal = lines["EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED"]
    assert len(goal) > 30
    assert LONG.startswith(goal)
    assert "| Open jobs | 1 |" in (await _metadata(world, f"agent/{agent}")).current_details


async def test_each_signal_and_update_says_which_json_it_takes(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await waits(world.longhaul, unique)
    definition = (await _metadata(world, f"job/{unique}")).definition
    signals = {each.name: each.description for each in definition.signal_definitions}
    for kind, form in FORMS.items():
        assert signals[kind].endswith(f": {form}")
    assert {name for name, says in signals.items() if says.startswith("Internal")} == {"turn", "look"}
    assert {each.name: each.description for each in definition.update_definitions}.items() <= signals.items()
