"""A worker that stands still while another one settles its call, and then wakes, repeats nothing."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.events import LateOutcome
from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, kept, of_type, toy, verified, waits
from tests.support.processes import WorkerProcess
from tests.support.witness import Witness

SETTLED = ("pure", "transactional", "keyed", "lookup")
"""Effects that another worker settles without a person."""
OUTCOMES = ("ToolCalled", "ToolReturned", "ToolFailed", "OutcomeUnknown")


@dataclass(frozen=True)
class Stage:
    """Workers of one effect, apart from those of the others, so that all effects are looked at in the same time."""

    settings: Settings
    worker: WorkerProcess
    witness: Witness

    @classmethod
    def of(cls, settings: Settings, effect: str) -> "Stage":
        folder = settings.home.parent / effect
        own = {
            "home": folder / "home",
            "crash_points": folder / "crash",
            "task_queue": f"{settings.task_queue}-{effect}",
        }
        (folder / "crash").mkdir(parents=True)
        there = settings.model_copy(update=own)
        return cls(there, WorkerProcess(there, folder / "witness"), Witness(folder / "witness"))

    def stops_at(self, point: str) -> None:
        """The next of its workers that comes to the point stands still there."""
        (_points(self.settings) / f"{point}.stop").touch()


def _points(settings: Settings) -> Path:
    assert settings.crash_points is not None
    return settings.crash_points


async def _suspended(worker: WorkerProcess) -> None:
    """The worker stands still, and another one is there."""
    await until(worker.stands_still, 40)
    worker.start()


@pytest.mark.parametrize("point", ["after_call", "before_effect", "after_effect"])
async def test_what_another_worker_has_settled_is_not_done_again(point: str, settings: Settings, unique: str) -> None:
    stages = {effect: Stage.of(settings, effect) for effect in SETTLED}
    await asyncio.gather(*(_settled_by_another(stage, effect, point, unique) for effect, stage in stages.items()))
    async with Longhaul.connect(settings) as longhaul:
        assert len(await kept(longhaul)) == 1
    sent = {effect: len(stage.witness.effects()) for effect, stage in stages.items()}
    assert sent == {"pure": 0, "transactional": 0, "keyed": 1, "lookup": 1}


async def _settled_by_another(stage: Stage, effect: str, point: str, unique: str) -> None:
    job, second = f"{unique}-{effect}", f"{unique}-{effect}-2"
    stage.stops_at(point)
    with stage.worker as worker:
        async with Longhaul.connect(stage.settings) as longhaul:
            await longhaul.start(toy(job, effect))
            await _suspended(worker)
            assert (await ended(longhaul, job)).status == "completed"
            before = await events(longhaul, job)
            worker.wake()
            await longhaul.start(toy(second, "pure:1", "pure:2"))  # so that the sleeper surely wakes up
            await ended(longhaul, second)
            await until(lambda: not worker.stands_still())
            assert await events(longhaul, job) == before
            assert [event.type for event in of_type(before, *OUTCOMES)] == ["ToolCalled", "ToolReturned"]
            await verified(longhaul, job, second)


async def test_a_sleeper_that_sent_nothing_does_not_speak_for_one_that_did(settings: Settings, unique: str) -> None:
    """The first worker sleeps before the effect, the second after it; the first one wakes, its deadline over."""
    effects = ("keyed", "lookup")
    await asyncio.gather(*(_two_sleepers(Stage.of(settings, effect), effect, unique) for effect in effects))


async def _two_sleepers(stage: Stage, effect: str, unique: str) -> None:
    job = f"{unique}-{effect}"
    stage.stops_at("before_effect")
    with stage.worker as worker:
        async with Longhaul.connect(stage.settings) as longhaul:
            await longhaul.start(toy(job, effect))
            await until(worker.stands_still, 40)
            first = worker.process
            stage.stops_at("after_effect")
            worker.start()
            await until(lambda: len(worker.sleepers()) == 2, 40)
            assert len(stage.witness.effects()) == 1
            worker.wake(first)
            assert (await ended(longhaul, job)).status == "completed"
            worker.wake()
            happened = of_type(await events(longhaul, job), *OUTCOMES)
            assert [event.type for event in happened] == ["ToolCalled", "ToolReturned"]
            await verified(longhaul, job)
    assert len(stage.witness.effects()) == 1


@pytest.mark.parametrize(
    ("point", "happened"), [("after_call", False), ("before_effect", False), ("after_effect", True)]
)
async def test_a_late_outcome_closes_the_question_and_the_job_goes_on(
    point: str, happened: bool, settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    """`once`: the other worker asks a person; then the sleeper wakes and knows."""
    (_points(settings) / f"{point}.stop").touch()
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "once"))
        await _suspended(worker)
        state = await waits(longhaul, unique)
        assert [request.kind for request in state.requests] == ["unknown_outcome"]
        worker.wake()
        await until(lambda: _late(longhaul, unique), 20)
        [late] = of_type(await events(longhaul, unique), "LateOutcome")
        assert isinstance(late, LateOutcome)
        assert late.happened is happened
        assert not (await longhaul.state(unique)).requests
        state = await ended(longhaul, unique)
        assert state.status == "completed", await events(longhaul, unique)
        await verified(longhaul, unique)
    assert len(witness.effects()) == 1, "what went out is not sent again, what did not is sent under a new call"
    assert not witness.repeated()


async def _late(longhaul: Longhaul, job: str) -> bool:
    return bool(of_type(await events(longhaul, job), "LateOutcome"))


async def test_a_person_who_said_sent_is_not_overruled(
    settings: Settings, worker: WorkerProcess, witness: Witness, unique: str
) -> None:
    (_points(settings) / "after_call.stop").touch()
    async with Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "once", "guarded"))
        await _suspended(worker)
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
