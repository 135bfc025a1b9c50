"""A worker that stands still while another one settles its call, and then wakes, repeats nothing."""

import pytest

from domain.events import LateOutcome
from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, kept, of_type, toy, verified, waits
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness

POINTS = ("after_call", "after_effect")
SETTLED = ("transactional", "keyed", "lookup")
"""Effects that another worker settles without a person."""


async def _suspended(settings: Settings, worker: WorkerProcess, point: str) -> None:
    """The worker stands still at the point, and another one is there."""
    await until(worker.stands_still, 30)
    worker.start()


@pytest.mark.parametrize("effect", SETTLED)
@pytest.mark.parametrize("point", POINTS)
async def test_what_another_worker_has_settled_is_not_done_again(
    point: str, effect: str, settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    assert settings.crash_points is not None
    (settings.crash_points / f"{point}.stop").touch()
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, effect))
        await _suspended(settings, worker, point)
        assert (await ended(longhaul, unique)).status == "completed"
        before = await events(longhaul, unique)
        worker.wake()
        second = f"{unique}-2"  # some work for both, so that the sleeper surely wakes up
        await longhaul.start(toy(second, "pure:1", "pure:2"))
        await ended(longhaul, second)
        await until(lambda: not worker.stands_still())
        assert await events(longhaul, unique) == before
        assert len(await kept(longhaul)) == (1 if effect == "transactional" else 0)
        await verified(longhaul, unique, second)
    assert not witness.repeated()
    assert [effect["tool"] for effect in witness.effects()].count(effect) == (0 if effect == "transactional" else 1)
    assert [call.type for call in of_type(before, "ToolReturned", "ToolFailed")] == ["ToolReturned"]


@pytest.mark.parametrize(("point", "happened"), [("after_call", False), ("after_effect", True)])
async def test_a_late_outcome_closes_the_question_and_the_job_goes_on(
    point: str, happened: bool, settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    """`once`: the other worker asks a person; then the sleeper wakes and knows."""
    assert settings.crash_points is not None
    (settings.crash_points / f"{point}.stop").touch()
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "once"))
        await _suspended(settings, worker, point)
        state = await waits(longhaul, unique)
        assert [request.kind for request in state.requests] == ["unknown_outcome"]
        worker.wake()
        await until(lambda: _late(longhaul, unique), 20)
        [late] = of_type(await events(longhaul, unique), "LateOutcome")
        assert isinstance(late, LateOutcome)
        assert late.happened is happened
        assert not (await longhaul.state(unique)).requests
        state = await ended(longhaul, unique, 30)
        assert state.status == "completed", await events(longhaul, unique)
        await verified(longhaul, unique)
    assert len(witness.effects()) == 1, "what went out is not sent again, what did not is sent under a new call"
    assert not witness.repeated()


async def _late(longhaul: Longhaul, job: str) -> bool:
    return bool(of_type(await events(longhaul, job), "LateOutcome"))


async def test_a_person_who_said_sent_is_not_overruled(
    settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    assert settings.crash_points is not None
    (settings.crash_points / "after_call.stop").touch()
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "once", "guarded"))
        await _suspended(settings, worker, "after_call")
        asked = (await waits(longhaul, unique)).requests[0]
        await longhaul.say(unique, "answer", {"by": "ann", "request": asked.id, "text": "sent"}, patience=30)
        await until(lambda: _asks(longhaul, unique, "approval"))
        worker.wake()
        await until(lambda: _late(longhaul, unique), 20)
        state = await longhaul.state(unique)
        assert [(unknown.verdict, unknown.happened) for unknown in state.unknown] == [("sent", False)]
        assert [request.kind for request in state.requests] == ["approval"]
    assert not witness.effects()


async def _asks(longhaul: Longhaul, job: str, kind: str) -> bool:
    return [request.kind for request in (await longhaul.state(job)).requests] == [kind]
