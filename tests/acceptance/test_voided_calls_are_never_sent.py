"""A call that stood open when its worker died, and that people then voided, is settled and never sent."""

import pytest

from domain.job import JobState
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


@pytest.mark.parametrize("effect", SETTLING)
async def test_a_cancelled_job_settles_its_open_call(
    effect: str, settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    """Cancelled with `now` while no worker is up."""
    async with Longhaul.connect(settings) as longhaul:
        await _left_open(settings, worker, longhaul, unique, effect)
        handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")
        await handle.signal("cancel", {"by": "ann", "now": True})
        worker.start()
        state = await ended(longhaul, unique)
        happened = await events(longhaul, unique)
        settled = of_type(happened, "ToolReturned", "ToolFailed", "OutcomeUnknown")
        assert state.status == "cancelled"
        assert [event.type for event in settled] == [SETTLING[effect]]
        assert not await kept(longhaul)
        await verified(longhaul, unique)
    assert not witness.effects()


@pytest.mark.parametrize("effect", SETTLING)
async def test_a_changed_requirement_voids_the_open_call(
    effect: str, settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    """The item is dropped, with `now`, while no worker is up; the job then completes without it."""
    async with Longhaul.connect(settings) as longhaul:
        await _left_open(settings, worker, longhaul, unique, effect)
        handle = longhaul.temporal.get_workflow_handle(f"job/{unique}")
        await handle.signal("tell", {"by": "ann", "text": f"drop {effect}", "now": True})
        worker.start()
        if SETTLING[effect] == "OutcomeUnknown":
            asked = (await waits(longhaul, unique)).requests[0]
            assert asked.kind == "unknown_outcome"
            await longhaul.say(unique, "answer", {"by": "ann", "request": asked.id, "text": "skip"})
        state = await ended(longhaul, unique)
        settled = of_type(await events(longhaul, unique), "ToolReturned", "ToolFailed", "OutcomeUnknown")
        assert [event.type for event in settled] == [SETTLING[effect]]
        assert (state.status, state.revision, _items(state)) == ("completed", 2, [])
        assert not await kept(longhaul)
    assert not witness.effects()


def _items(state: JobState) -> list[str]:
    return [item.item for item in state.todo]
