"""A call that stood open when its worker died, and that people then voided, is settled and never sent."""

import time

import pytest

from domain.head import Head
from domain.hear import parse
from domain.judge import messages
from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, kept, of_type, toy, verified, waits
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness

SETTLING = {
    "pure": "ToolFailed",
    "transactional": "ToolFailed",
    "keyed": "OutcomeUnknown",
    "lookup": "ToolFailed",
    "once": "OutcomeUnknown",
}
"""What becomes of a call of each effect that was recorded and, as far as anybody can tell, not sent."""


async def _left_open(settings: Settings, worker: WorkerProcess, longhaul: Longhaul, job: str, effect: str) -> None:
    """The job's call was recorded by a worker that died right after; no worker is up."""
    assert settings.crash_points is not None
    (settings.crash_points / "after_call.kill").touch()
    await longhaul.start(toy(job, effect))
    await until(worker.fell, 30)


async def _heard(longhaul: Longhaul, job: str, kind: str, said: dict[str, str]) -> None:
    """The message is recorded while the call stands open, as an earlier life of the workflow may have done."""
    message = parse(kind, said, f"{kind}-1", time.time())
    await longhaul.jobs.append(job, Head(), lambda standing: messages(standing, [message], set()))


@pytest.mark.parametrize("effect", ["transactional", "lookup", "once"])
async def test_a_cancelled_job_settles_its_open_call(
    effect: str, settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    async with Longhaul.connect(settings) as longhaul:
        await _left_open(settings, worker, longhaul, unique, effect)
        await _heard(longhaul, unique, "cancel", {"by": "ann"})
        worker.start()
        state = await ended(longhaul, unique)
        settled = of_type(await events(longhaul, unique), "ToolReturned", "ToolFailed", "OutcomeUnknown")
        assert state.status == "cancelled"
        assert [event.type for event in settled] == [SETTLING[effect]]
        assert not await kept(longhaul)
        await verified(longhaul, unique)
    assert not witness.effects()


@pytest.mark.parametrize("effect", SETTLING)
async def test_a_changed_requirement_voids_the_open_call(
    effect: str, settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    """The item is dropped; the job then completes without it."""
    async with Longhaul.connect(settings) as longhaul:
        await _left_open(settings, worker, longhaul, unique, effect)
        await _heard(longhaul, unique, "tell", {"by": "ann", "text": f"drop {effect}"})
        worker.start()
        if SETTLING[effect] == "OutcomeUnknown":
            asked = (await waits(longhaul, unique)).requests[0]
            assert asked.kind == "unknown_outcome"
            await longhaul.say(unique, "answer", {"by": "ann", "request": asked.id, "text": "skip"})
        state = await ended(longhaul, unique)
        settled = of_type(await events(longhaul, unique), "ToolReturned", "ToolFailed", "OutcomeUnknown")
        assert [event.type for event in settled] == [SETTLING[effect]]
        assert (state.status, state.revision, state.todo) == ("completed", 2, ())
        assert not await kept(longhaul)
    assert not witness.effects()
