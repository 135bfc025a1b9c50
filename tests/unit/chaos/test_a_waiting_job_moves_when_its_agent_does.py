"""Time to move: of a job that waits for its turn, any news of its agent; of one at work, its own alone."""

from typing import cast

from chaos.campaign.observer import Observer, Seen
from domain.events import JobEvent, JobOpened, TurnTaken
from domain.job import JobState
from stores.postgres import Pool
from tests.unit.domain.toy import NOW, requested


def seen(observer: Observer, job: str, agent: str, moved: float, *, at_work: bool) -> Seen:
    """A job that had its last news then."""
    events: list[JobEvent] = [requested(job, agent), JobOpened(at=NOW), *([TurnTaken(at=NOW)] if at_work else [])]
    found = observer.watch(job)
    found.state, found.moved = JobState().apply_all(events), moved
    return found


async def test_a_job_that_waits_for_its_turn_moves_with_its_agent() -> None:
    observer = Observer(cast(Pool, None))
    waits = seen(observer, "waits", "ann", 1.0, at_work=False)
    seen(observer, "works", "ann", 7.0, at_work=True)
    seen(observer, "other", "bob", 9.0, at_work=True)
    assert waits.state.status == "ready"
    assert await observer.moved([waits], since=5.0, patience=0.1) == {"waits": 2.0}
    assert await observer.moved([waits], since=8.0, patience=0.1) == {"waits": None}


async def test_a_job_at_work_moves_by_itself() -> None:
    observer = Observer(cast(Pool, None))
    works = seen(observer, "works", "ann", 1.0, at_work=True)
    seen(observer, "too", "ann", 7.0, at_work=True)
    assert works.state.status == "in_progress"
    assert await observer.moved([works], since=5.0, patience=0.1) == {"works": None}
