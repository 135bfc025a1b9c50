"""With a codec key, Temporal stores no word of a job; a person's clear signal is refused and stops nothing."""

import asyncio
import base64
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr
from temporalio.client import WorkflowHistory

from agents.model import Context, Reply
from domain.spoken import MessageRefused
from settings import Settings
from stack.binaries import obtain_temporal
from starter.client import Longhaul
from starter.commands.recover import recovered
from tests.conftest import until
from tests.integration.test_the_command_line import Terminal
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from tests.workflows.conftest import World
from worker import Agents, connect, running

CANARY = "canaryword"
TOKEN = "a-token-of-some-length"


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


@pytest.fixture
def endpoint(sealed: Settings) -> Iterator[str]:
    """`longhaul codec-server`, as its user types it; its address."""
    environment = Terminal(sealed).environment(
        LONGHAUL_CODEC_KEY=sealed.secret("codec_key") or "", LONGHAUL_CODEC_TOKEN=TOKEN
    )
    command = [sys.executable, "-m", "starter", "codec-server", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        yield server.stderr.readline().split(" at ")[1].strip()
        server.terminate()


async def test_the_temporal_command_reads_with_the_token_alone(
    secret: World, sealed: Settings, endpoint: str, unique: str
) -> None:
    await secret.longhaul.start(toy(unique, f"pure:{CANARY}"))
    await ended(secret.longhaul, unique)
    binary = obtain_temporal(sealed, print)
    address = f"--address={sealed.temporal_address}"
    show = [str(binary), "workflow", "show", address, "-w", f"job/{unique}", "-o", "json", "--codec-endpoint", endpoint]

    async def shown(token: str) -> bytes:
        command = [*show, "--codec-auth", f"Bearer {token}"]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=30, check=False)
        return b"".join(base64.b64decode(data) for data in re.findall(r'"data": "([^"]*)"', done.stdout))

    assert CANARY.encode() in await shown(TOKEN)
    assert CANARY.encode() not in await shown("another-token-of-some-length")


async def test_what_a_terminated_run_had_been_told_is_read_through_the_codec(
    sealed: Settings, witness: Witness, unique: str
) -> None:
    """`recover` gives it to the next run, although each payload is bound to its workflow."""
    async with Longhaul.connect(sealed) as longhaul:
        async with running(sealed, Agents({"toy": Toy()}, toy_tools(witness))):
            await longhaul.start(toy(unique, "guarded"))
            await waits(longhaul, unique)
        handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")
        await handle.signal("inform", {"by": "ann", "text": "hello"})
        await handle.terminate("by mistake")
        async with running(sealed, Agents({"toy": Toy()}, toy_tools(witness))):
            [found] = await recovered(longhaul, patience=30)
            assert found["is"] == "recovered"
            await until(lambda: _was_informed(longhaul, unique))


async def _was_informed(longhaul: Longhaul, job: str) -> bool:
    return [said.text for said in (await longhaul.state(job)).information] == ["hello"]
