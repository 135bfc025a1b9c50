"""People change the requirements while the survey is at work; the plan follows, and what still holds is not redone."""

from pathlib import Path

import pytest

from domain import events as e
from domain.conflicts import due
from domain.job import JobState
from domain.messages import Deadline
from domain.preference import Customs, Preference
from domain.spoken import MessageRefused
from tests.unit.agents.playbook_job import done, plant
from tests.unit.agents.survey_job import SurveyJob


def written(state: JobState) -> bool:
    return done("write")(state)


async def changed(job: SurveyJob, text: str) -> list[str]:
    """Tells the job something, lets it go on, and returns the calls made from then on."""
    before = len(job.calls)
    job.say("tell", text=text)
    await job.run()
    return job.calls[before:]


async def test_ignore_reads_again_from_the_listing_there_is(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=written)
    calls = await changed(job, "ignore *.lock")
    assert calls == ["read_files"] * 4 + ["compare_surveys", "write_report", "remember"]
    assert job.result.startswith(f"Surveyed {folder}: 7 files")
    assert "- Ignored: `*.lock`" in job.report
    assert "| Left out by focus and ignore | 1 |" in job.report


async def test_a_glob_of_one_folder_reads_only_that_folder_again(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=done("compare"))
    calls = await changed(job, "ignore src/copy.py")
    assert calls == ["read_files", "compare_surveys", "write_report", "remember"]
    assert "7 files" in job.result


async def test_a_change_before_any_reading_costs_nothing(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=done("list"))
    assert await changed(job, "focus src/**") == ["read_files", "compare_surveys", "write_report", "remember"]
    assert "3 files" in job.result
    assert "- Focus: `src/**`" in job.report


async def test_a_plan_after_a_change_names_what_was_dropped_and_what_is_done_again(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=written)
    job.say("tell", text="focus **/*.py")
    await job.move()
    (plan,) = [event for event in job.events if isinstance(event, e.PlanRevised) and event.revision == 2]
    assert [item.text for item in plan.items][-3:] == [
        "Compare with the last survey, again",
        "Write report.md, again",
        "Remember what was learned",
    ]
    assert {dropped.why for dropped in plan.dropped} == {"revision 2"}


async def test_a_title_redoes_the_report_and_what_follows(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=written)
    assert await changed(job, "set title=Spring cleaning") == ["write_report", "remember"]
    assert job.report.startswith("# Spring cleaning\n")


async def test_an_email_adds_the_mail_only(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=written)
    assert await changed(job, "set email=ann@example.org") == ["remember"]
    assert job.open_items == ["Ask for approval, then mail report.md to ann@example.org"]
    job.say("approve", request=job.waits_for)
    await job.run()
    assert [mail.to for mail in job.outbox.sent] == ["ann@example.org"]


async def test_a_change_voids_the_approval_of_the_old_report(folder: Path) -> None:
    job = await SurveyJob(folder, email="ann@example.org").run()
    old = job.waits_for
    await changed(job, "ignore *.png")
    assert job.waits_for != old
    job.say("approve", request=old)
    assert isinstance(job.events[-1], MessageRefused)
    job.say("approve", request=job.waits_for)
    await job.run()
    (mail,) = job.outbox.sent
    assert b"*.png" in job.artifacts[mail.body_ref]


async def test_a_change_after_the_mail_went_out_mails_the_new_report_after_a_new_approval(folder: Path) -> None:
    job = await SurveyJob(folder, email="ann@example.org").run()
    job.say("approve", request=job.waits_for)
    await job.run(until=done("mail"))
    await changed(job, "set title=Second thoughts")
    assert len(job.outbox.sent) == 1
    job.say("approve", request=job.waits_for)
    await job.run()
    assert [mail.subject for mail in job.outbox.sent] == ["Survey of project", "Second thoughts"]


async def test_changes_in_a_row_and_several_in_one_message_add_up(folder: Path) -> None:
    job = SurveyJob(folder)
    job.say("tell", text="Ignore '*.lock'\n  SET title = Two things ")
    job.say("tell", text="ignore data/")
    await job.run()
    assert "- Ignored: `*.lock`, `data/`" in job.report
    assert job.report.startswith("# Two things\n")
    assert "5 files" in job.result


async def test_what_is_wanted_already_changes_nothing(folder: Path) -> None:
    job = SurveyJob(folder)
    job.say("tell", text="ignore *.lock")
    await job.run(until=written)
    assert await changed(job, "ignore *.lock") == ["remember"]


async def test_a_change_is_remembered_with_who_asked(folder: Path) -> None:
    job = SurveyJob(folder)
    job.say("tell", text="ignore *.lock", by="ann")
    await job.run()
    (decided,) = job.remembered("Recent Decisions")
    assert decided.text == f"Survey of {folder}: ignore *.lock, asked by ann"


async def test_the_comparison_stays_with_the_last_survey_after_this_one_was_remembered(folder: Path) -> None:
    first = await SurveyJob(folder).run()
    (folder / "new.txt").write_text("new\n")
    job = SurveyJob(folder, memory=first.memory, job="job-2", email="ann@example.org")
    job.artifacts = first.artifacts
    await job.run()
    await changed(job, "ignore *.png")
    assert "- 1 file added: `new.txt`" in job.report


async def test_only_files_that_both_surveys_looked_at_are_compared(folder: Path) -> None:
    first = SurveyJob(folder)
    first.say("tell", text="focus src/")
    await first.run()
    second = SurveyJob(folder, memory=first.memory, job="job-2")
    second.artifacts = first.artifacts
    await second.run()
    assert "- No file was added, removed or changed." in second.report


@pytest.mark.parametrize(
    "text",
    ["please be quick", "set email=ann", "ignore ../secret", "ignore", "set title=", "set colour=red", "focus \x07"],
)
async def test_what_is_not_understood_is_asked_about_with_a_default(folder: Path, text: str) -> None:
    job = await SurveyJob(folder).run(until=done("read"))
    assert await changed(job, text) == []
    (request,) = job.state.requests
    assert request.kind == "question"
    assert request.about.startswith('Revision 2 says "')
    assert "focus GLOB, ignore GLOB, set email=ADDRESS, set title=TEXT" in request.about
    assert request.deadline.default == "it is set aside and the survey goes on"


async def test_an_answer_that_is_understood_counts_as_the_change(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=written)
    await changed(job, "no pictures please\nset title=Texts")
    job.say("answer", request=job.waits_for, text="ignore *.png\nset email=ann@example.org", by="cleo")
    await job.run()
    job.say("approve", request=job.waits_for)
    await job.run()
    assert "- Ignored: `*.png`" in job.report
    assert "set aside" not in job.result
    assert job.outbox.sent[0].subject == "Texts"
    assert any(entry.text.endswith("ignore *.png, asked by cleo") for entry in job.remembered("Recent Decisions"))


@pytest.mark.parametrize("answer", ["just be quick", ""])
async def test_what_stays_unclear_is_set_aside_and_not_asked_again(folder: Path, answer: str) -> None:
    job = await SurveyJob(folder).run(until=written)
    await changed(job, "please be quick")
    if answer:
        job.say("answer", request=job.waits_for, text=answer)
    else:
        job.expire()
    await job.run()
    assert job.result.endswith('"please be quick" was set aside.')
    assert sum(isinstance(event, e.QuestionAsked) for event in job.events) == 1


async def test_a_change_while_a_question_is_open_leaves_it_open(folder: Path) -> None:
    job = await SurveyJob(folder, email="ann@example.org").run(until=written)
    await changed(job, "please be quick")
    question = job.waits_for
    await changed(job, "ignore *.png")
    assert job.waits_for == question
    job.say("answer", request=question, text="ignore *.md")
    await job.run()
    assert job.state.requests[0].kind == "approval"
    assert "- Ignored: `*.md`, `*.png`" in job.report


async def test_a_long_unclear_message_is_quoted_shortened(folder: Path) -> None:
    job = SurveyJob(folder)
    job.say("tell", text="please " * 500)
    await job.run()
    assert len(job.state.requests[0].about) < 500


async def test_information_is_no_change(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=written)
    job.say("inform", text="ignore *.lock")
    await job.run()
    assert "8 files" in job.result


async def test_names_that_differ_in_odd_characters_only_have_items_of_their_own(tmp_path: Path) -> None:
    plant(tmp_path, {"a b/x": "1", "a\nb/x": "2", "a\x1bb/x": "3"})
    job = await SurveyJob(tmp_path).run()
    assert "3 files" in job.result
    assert "- `a\\nb/x`, 1 B" in job.report


@pytest.mark.parametrize(("answer", "title"), [("Books", "Books"), ("set title=Both", "Both"), (None, "Accounts")])
async def test_what_people_answer_to_a_contradiction_holds(folder: Path, answer: str | None, title: str) -> None:
    job = await SurveyJob(folder).run(until=done("list"))
    job.say("tell", by="ann", text="set title=Books")
    job.say("tell", by="ben", text="set title=Accounts")
    doubt = due(job.state, Customs())
    assert doubt is not None
    deadline = Deadline(until=job.now + 1, default=doubt.default)
    job.append(doubt, e.QuestionAsked(about=doubt.question, deadline=deadline))
    if answer:
        job.say("answer", request=job.waits_for, text=answer)
    else:
        job.expire()
    await job.run()
    assert job.report.startswith(f"# {title}\n")


async def test_a_standing_rule_that_people_hold_to_outranks_the_requirement(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=done("list"))
    job.say("tell", by="ben", text="set title=Accounts")
    rule = Preference(key="title", value="Books", by="ann", at=job.now, version=1)
    doubt = due(job.state, Customs(profile=(rule,)))
    assert doubt is not None
    job.append(
        doubt, e.QuestionAsked(about=doubt.question, deadline=Deadline(until=job.now + 1, default=doubt.default))
    )
    job.say("answer", request=job.waits_for, text="books")
    await job.run()
    assert job.report.startswith("# Books\n")
