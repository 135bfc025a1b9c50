"""With a codec key, Temporal stores no word of a job; a person's clear signal is refused and stops nothing."""

import base64
import os
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from temporalio.client import WorkflowHistory

from agents.model import Context, Reply
from domain.spoken import MessageRefused
from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents, connect, running

CANARY = "canaryword"


class FailsOnce(Toy):
    """A toy model whose first answer is an error with a secret in its words."""

    failed = False

    async def reply(self, context: Context) -> Reply:
        if not self.failed:
            self.failed = True
            raise RuntimeError(f"{CANARY} in an error")
        return await super().reply(context)


@pytest.fixture
def sealed(settings: Settings) -> Settings:
    key = base64.b64encode(os.urandom(32)).decode()
    return settings.model_copy(update={"codec_key": SecretStr(f"k1:{key}")})


@pytest.fixture
async def secret(sealed: Settings, witness: Witness) -> AsyncIterator[World]:
    agents = Agents({"toy": FailsOnce()}, toy_tools(witness))
    async with running(sealed, agents), Longhaul.connect(sealed) as longhaul:
        yield World(longhaul, witness)


async def _stored(longhaul: Longhaul, *workflows: str) -> list[WorkflowHistory]:
    return [await longhaul.temporal.get_workflow_handle(each).fetch_history() for each in workflows]


async def test_no_word_of_a_job_is_stored_in_the_clear(secret: World, settings: Settings, unique: str) -> None:
    longhaul = secret.longhaul
    items = (f"pure:{CANARY}", f"guarded:{CANARY}")
    await longhaul.start(toy(unique, *items, goal=f"goal {CANARY}", requested_by=CANARY))
    request = (await waits(longhaul, unique)).requests[0]
    await longhaul.say(unique, "tell", {"by": "ann", "text": f"add once:{CANARY}"})
    handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")
    await handle.signal("inform", {"by": "ann", "text": CANARY})
    request = (await waits(longhaul, unique)).requests[0]
    await longhaul.say(unique, "approve", {"by": "ann", "request": request.id, "why": CANARY})
    state = await ended(longhaul, unique)
    assert state.status == "completed"
    assert [said.text for said in state.information] == [CANARY]
    histories = await _stored(longhaul, f"job/{unique}", f"agent/agent-{unique}")
    stored = b"".join(event.SerializeToString() for history in histories for event in history.events)
    assert b"binary/encrypted" in stored
    assert b"Encoded failure" in stored, "the failed decision is there"
    assert CANARY.encode() not in stored
    assert (await handle.result())["status"] == "completed"


async def test_a_clear_signal_is_refused_and_the_job_goes_on(secret: World, settings: Settings, unique: str) -> None:
    longhaul, without_key = secret.longhaul, await connect(settings)
    await longhaul.start(toy(unique, "guarded"))
    request = (await waits(longhaul, unique)).requests[0]
    handle = without_key.get_workflow_handle(f"job/{unique}")
    for kind in ("approve", "tell", "cancel"):
        await handle.signal(kind, {"by": "eve", "request": request.id, "text": "x", "message_id": f"eve-{kind}"})

    async def refused() -> bool:
        return len(of_type(await events(longhaul, unique), "MessageRefused")) == 3

    await until(refused)
    assert secret.witness.effects() == []
    for event in of_type(await events(longhaul, unique), "MessageRefused"):
        assert isinstance(event, MessageRefused)
        assert "eve" not in event.said
    await longhaul.say(unique, "approve", {"by": "ann", "request": request.id})
    assert (await ended(longhaul, unique)).status == "completed"


async def test_a_job_begun_in_the_clear_goes_on_while_clear_payloads_are_accepted(
    settings: Settings, sealed: Settings, witness: Witness, unique: str
) -> None:
    agents = Agents({"toy": Toy()}, toy_tools(witness))
    async with running(settings, agents), Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "guarded", "pure"))
        request = (await waits(longhaul, unique)).requests[0]
    both = sealed.model_copy(update={"codec_accept_clear": True})
    async with running(both, agents), Longhaul.connect(both) as longhaul:
        await longhaul.say(unique, "approve", {"by": "ann", "request": request.id})
        assert (await ended(longhaul, unique)).status == "completed"
