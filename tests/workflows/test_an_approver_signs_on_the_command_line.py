"""From the key to the sent mail: what an approver types, and what a signal without a signature comes to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.integration.test_the_command_line import Terminal
from tests.support.jobs import ended, events, of_type, toy, verified, waits
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, running


@pytest.fixture
async def public(settings: Settings, tmp_path: Path) -> str:
    """The line that `longhaul approver-key` says for LONGHAUL_APPROVERS."""
    made = await Terminal(settings)("approver-key", str(tmp_path / "key"), "--name", "bob")
    assert made.code == 0, made
    return made.out.strip()


@pytest.fixture
async def longhaul(settings: Settings, public: str, witness: Witness) -> AsyncIterator[Longhaul]:
    """A worker that knows bob's key, and a client that has none."""
    agents = Agents({"toy": Toy()}, toy_tools(witness))
    knowing = settings.model_copy(update={"approvers": public})
    async with running(knowing, agents), Longhaul.connect(settings) as connected:
        yield connected


async def test_an_approver_signs(
    longhaul: Longhaul, settings: Settings, witness: Witness, tmp_path: Path, unique: str
) -> None:
    anybody = Terminal(settings)
    bob = Terminal(settings, (("LONGHAUL_APPROVER_KEY_FILE", str(tmp_path / "key")),))
    await longhaul.start(toy(unique, "guarded"))
    request = str((await waits(longhaul, unique)).requests[0].id)
    unsigned = await anybody("approve", unique, request, "--by", "bob")
    assert (unsigned.code, unsigned.out) == (2, "")
    assert "LONGHAUL_APPROVER_KEY_FILE names the approver's key" in unsigned.err
    handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")
    await handle.signal("approve", {"by": "bob", "request": int(request), "message_id": "by-hand"})

    async def recorded() -> bool:
        return len(of_type(await events(longhaul, unique), "MessageRefused")) == 2

    await until(recorded)
    assert witness.effects() == []
    posing = await bob("approve", unique, request, "--by", "carl")
    assert (posing.code, posing.out) == (2, "")
    assert "'carl' is not among the approvers: bob" in posing.err
    said = await bob("approve", unique, request, "--by", "bob", "--why", "fine")
    assert said.code == 0, said
    assert said.out == f"recorded: bob approved request {request}, signed: fine\n"
    assert (await ended(longhaul, unique)).status == "completed"
    assert len(witness.effects()) == 1
    await verified(longhaul, unique)
    key = (tmp_path / "key").read_text().strip()
    timeline = await bob("timeline", unique, "-o", "json")
    assert key not in timeline.out + said.out + said.err
