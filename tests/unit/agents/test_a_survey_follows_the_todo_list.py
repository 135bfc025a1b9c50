"""What people do to TODO.md is heeded: added, ticked and deleted items."""

from pathlib import Path

import pytest

from domain import events as e
from domain.todo import DroppedItem, PlanItem
from domain.todo_events import ItemsWentStale
from tests.unit.agents.playbook_job import done
from tests.unit.agents.survey_job import SurveyJob

ANN = "ann@example.org"


def edit(job: SurveyJob, *, add: str = "", delete: str = "", tick: str = "") -> None:
    added = (PlanItem(item="mine", text=add),) if add else ()
    dropped = (DroppedItem(item=job.item(delete).item, why="deleted by ann"),) if delete else ()
    ticked = (job.item(tick).item,) if tick else ()
    job.append(e.TodoEdited(by="ann", added=added, dropped=dropped, ticked=ticked, at=job.now))


async def test_an_item_that_the_playbook_does_not_know_is_dropped_and_that_is_on_record(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=done("read"))
    edit(job, add="Wash the car")
    await job.run()
    assert any(
        dropped.item == "mine" for event in job.events if isinstance(event, e.PlanRevised) for dropped in event.dropped
    )


@pytest.mark.parametrize("when", ["list", "write"])
async def test_a_deleted_mail_is_not_sent(folder: Path, when: str) -> None:
    job = await SurveyJob(folder, email=ANN).run(until=done(when))
    edit(job, delete="mail")
    await job.run()
    assert job.result.endswith(f"It was not mailed to {ANN}: the item was taken off the list.")


async def test_a_deleted_mail_comes_back_with_new_requirements(folder: Path) -> None:
    job = await SurveyJob(folder, email=ANN).run(until=done("list"))
    edit(job, delete="mail")
    job.say("tell", text="ignore *.png")
    await job.run()
    assert job.state.requests[0].kind == "approval"


async def test_a_deleted_remember_is_not_done(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=done("write"))
    edit(job, delete="remember")
    await job.run()
    assert job.memory.entries == ()
    assert job.result


async def test_a_deleted_reading_comes_back(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=done("read"))
    edit(job, delete="read")
    await job.run()
    assert "8 files" in job.result


async def test_a_ticked_reading_is_left_out(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=done("read"))
    edit(job, tick="read")
    await job.run()
    assert "7 files" in job.result


@pytest.mark.parametrize("item", ["list", "compare", "write", "remember", "mail"])
async def test_a_survey_ends_whatever_is_ticked(folder: Path, item: str) -> None:
    job = await SurveyJob(folder, email=ANN).run(until=lambda state: len(state.todo) > 4)
    edit(job, tick=item)
    await job.run()
    for request in job.state.requests:
        job.say("approve", request=request.id)
    await job.run()
    assert job.result
    assert len(job.outbox.sent) == (item == "remember")


async def test_what_went_stale_is_planned_anew_and_a_deleted_mail_stays_deleted(folder: Path) -> None:
    job = await SurveyJob(folder, email=ANN).run(until=done("compare"))
    edit(job, delete="mail")
    stale = tuple(DroppedItem(item=job.item(kind).item, why="stale") for kind in ("write", "remember"))
    job.append(ItemsWentStale(dropped=stale, at=job.now))
    await job.run()
    assert job.files["report.md"]
    assert job.memory.entries != ()
    assert job.result.endswith(f"It was not mailed to {ANN}: the item was taken off the list.")
