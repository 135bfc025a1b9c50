"""The mailing's playbook: one consent, each row once, whatever people and servers do in between."""

from pathlib import Path

import pytest

from domain import events as e
from domain.errors import ToolInvalid, ToolUnsent
from domain.events import JobFailed
from domain.moves import Wait
from domain.todo import DroppedItem, ItemStatus
from domain.todo_events import ItemsWentStale
from tests.unit.agents.mailing_job import MailingJob, people

WELL = [f"p{n}@example.org" for n in range(1, 6)]


@pytest.fixture
def job(tmp_path: Path) -> MailingJob:
    return MailingJob(tmp_path, people(5))


async def test_one_consent_sends_the_batch(job: MailingJob) -> None:
    await job.run()
    assert job.out.sent == []
    assert job.approval.about.startswith("send up to 5 mails: News for {name} (batch ")
    await job.approved()
    assert job.out.addresses == WELL
    assert (job.out.sent[0].subject, job.out.sent[0].text) == ("News for P1", "Dear P1,\nall is well.\n")
    assert job.result.startswith("Mailed 5 of 5 mails (batch ")
    assert [item.text for item in job.state.todo] == [
        "Read the list and the template",
        "Mail rows 2 to 6 (5 mails)",
        "Say what was mailed",
    ]
    assert sum(isinstance(event, e.ApprovalRequested) for event in job.events) == 1


async def test_a_large_list_is_a_short_plan(tmp_path: Path) -> None:
    job = await MailingJob(tmp_path, people(7000)).run()
    assert len(job.open_items) == 51
    assert job.open_items[0] == "Mail rows 2 to 141 (140 mails)"
    assert "row 7001: `p7000@example.org`" in job.files["mailing.md"].decode()


async def test_rows_that_cannot_be_mailed_are_asked_about_before_anything_is_sent(tmp_path: Path) -> None:
    listed = "email,name\nann@example.org,Ann\nnobody,X\nbob@example.org\nANN@example.org,Ann\ncy@example.org,\n"
    job = await MailingJob(tmp_path, listed).run()
    assert job.out.sent == []
    told = job.question.about
    for why in (
        "row 3: 'nobody' is no plain mail address",
        "row 4: it has 1 fields, the header has 2",
        "row 5: ANN@example.org stands in row 2 already",
        "row 6: its `name` is empty",
    ):
        assert why in told
    job.say("answer", request=job.question.id, text="Go on.")
    await job.approved()
    assert job.out.addresses == ["ann@example.org"]


@pytest.mark.parametrize("said", ["stop", None])
async def test_without_an_answer_nothing_is_mailed(tmp_path: Path, said: str | None) -> None:
    job = await MailingJob(tmp_path, people(2) + "nobody,X\n").run()
    if said:
        job.say("answer", request=job.question.id, text=said)
    else:
        job.expire()
    await job.run()
    assert isinstance(job.state.end, JobFailed)
    assert job.out.sent == []


@pytest.mark.parametrize("by_answer", [True, False])
async def test_mended_files_are_read_again(tmp_path: Path, by_answer: bool) -> None:
    job = await MailingJob(tmp_path, people(2) + "nobody,X\n").run()
    job.list.write_text(people(3))
    if by_answer:
        job.say("answer", request=job.question.id, text="reload")
    else:
        job.say("tell", text="reload")
    await job.approved()
    assert job.out.addresses == WELL[:3]


@pytest.mark.parametrize(
    ("listed", "template", "why"),
    [
        ("name\nAnn\n", "Subject: x\n\ny", "must name one column `email`"),
        (people(1), "Hello\n", "its first line must be `Subject: …`"),
        (people(1), "Subject: x\n\n", "it has no text"),
        (
            people(1),
            "Subject: x\n\nDear {nmae}",
            "{nmae}, and the list has only the columns email, name",
        ),
        (people(1), "Subject: x\n\n{name", "'{' stands alone"),
        (b"email\n\xff@example.org\n", "Subject: x\n\ny", "it is not UTF-8"),
        ("", "Subject: x\n\ny", "it names none"),
    ],
)
async def test_files_that_cannot_be_used_are_asked_about(
    tmp_path: Path, listed: str | bytes, template: str, why: str
) -> None:
    job = await MailingJob(tmp_path, listed, template).run()
    assert why in job.question.about
    assert "Nothing can be mailed" in job.question.about
    job.say("answer", request=job.question.id, text="go on")
    await job.run()
    assert isinstance(job.state.next_move(), Wait), "there is nothing to go on with: it is asked again"


async def test_a_missing_file_is_asked_about(tmp_path: Path, job: MailingJob) -> None:
    job.list.unlink()
    await job.run()
    assert "cannot be read: No such file or directory" in job.question.about


@pytest.mark.parametrize("verdict", ["reject", "expire"])
async def test_a_denied_batch_is_not_sent(job: MailingJob, verdict: str) -> None:
    await job.run()
    if verdict == "reject":
        job.say("reject", request=job.approval.id, why="not now")
    else:
        job.expire()
    await job.run()
    assert isinstance(job.state.end, JobFailed)
    assert ("denied by ben (not now)" if verdict == "reject" else "nobody approved") in job.state.end.why
    assert job.out.sent == []


async def test_a_batch_that_shrinks_keeps_its_consent(job: MailingJob) -> None:
    await job.sent_some(2)
    job.say("tell", text="skip P3@*\nskip p5@example.org")
    await job.run()
    assert job.out.addresses == [WELL[0], WELL[1], WELL[3]]
    assert "2 rows left out by request" in job.result


async def test_a_batch_that_changes_needs_another_consent(job: MailingJob) -> None:
    await job.run()
    first = job.approval
    job.say("approve", request=first.id)
    job.list.write_text(people(4))
    job.say("tell", text="reload")
    await job.run()
    assert job.out.sent == []
    assert job.approval.args_hash != first.args_hash
    await job.approved()
    assert job.out.addresses == WELL[:4]


async def test_files_are_not_read_again_once_mails_went_out(job: MailingJob) -> None:
    await job.sent_some(2)
    job.list.write_text(people(50))
    job.say("tell", text="reload")
    await job.run()
    assert job.out.addresses == WELL
    assert "the files were not read again: mails had gone out" in job.result


async def test_rows_that_come_back_are_mailed_once(job: MailingJob) -> None:
    await job.run()
    job.say("tell", text="only p1@*")
    await job.run()
    job.say("approve", request=job.approval.id)
    await job.run(until=lambda state: len(job.out.sent) == 1 and state.call is None)
    job.say("tell", text="only *")
    await job.run()
    assert job.out.addresses == WELL
    assert job.state.end


async def test_an_address_refused_for_good_holds_nobody_up(job: MailingJob) -> None:
    job.out.faults = {address: [ToolInvalid("550 no such user")] for address in WELL[1:3]}
    await job.approved()
    assert job.out.addresses == [WELL[0], WELL[3], WELL[4]]
    assert "2 refused for good: rows 3 to 4" in job.result


async def test_a_mail_that_fails_for_now_is_tried_after_the_others(job: MailingJob) -> None:
    job.out.faults = {WELL[0]: [ToolUnsent("451 later")]}
    await job.approved()
    assert job.out.addresses == [*WELL[1:], WELL[0]]


async def test_people_are_asked_before_a_server_that_is_down_fails_the_job(job: MailingJob) -> None:
    job.out.faults = {"": [ToolUnsent("connection refused") for _ in range(4)]}
    await job.approved()
    assert "3 mails in a row did not go out" in job.question.about
    job.say("answer", request=job.question.id, text="go on")
    await job.run()
    assert sorted(job.out.addresses) == WELL
    assert job.state.end


async def test_people_can_stop_it_there(job: MailingJob) -> None:
    job.out.faults = {"": [ToolUnsent("connection refused") for _ in range(9)]}
    await job.approved()
    job.say("answer", request=job.question.id, text="stop")
    await job.run()
    assert isinstance(job.state.end, JobFailed)
    assert "people stopped it. Mailed 0 of 5" in job.state.end.why


@pytest.mark.parametrize(("verdict", "sent"), [("sent", 4), ("skip", 4), ("again", 5)])
async def test_a_mail_in_doubt_is_mailed_again_only_if_a_person_says_so(
    job: MailingJob, verdict: str, sent: int
) -> None:
    job.out.faults = {WELL[1]: [ConnectionError("cut")]}
    await job.approved()
    assert job.out.addresses == [WELL[0], *WELL[2:]], "the others go on"
    job.say("answer", request=job.waits_for, text=verdict)
    await job.run()
    assert len(job.out.sent) == sent
    assert len(set(job.out.addresses)) == sent
    mailed = 4 if verdict == "skip" else 5
    assert f"Mailed {mailed} of 5" in job.result


async def test_many_in_doubt_are_settled_in_any_order(job: MailingJob) -> None:
    job.out.faults = {WELL[n]: [ConnectionError("cut")] for n in (0, 2, 4)}
    await job.approved()
    for request in [r.id for r in job.state.requests]:
        job.say("answer", request=request, text="again")
    await job.run()
    assert sorted(job.out.addresses) == WELL
    assert job.state.end
    assert sum(isinstance(event, e.ApprovalRequested) for event in job.events) == 1


async def test_a_group_that_a_person_ticked_or_took_off_is_not_mailed(tmp_path: Path) -> None:
    job = await MailingJob(tmp_path, people(250)).run()
    ticked, gone, kept, _ = [item for item in job.state.todo if item.status is not ItemStatus.COMPLETED]
    dropped = DroppedItem(item=gone.item, why="by hand")
    job.append(e.TodoEdited(by="ann", dropped=(dropped,), ticked=(ticked.item,), at=job.now))
    await job.approved()
    assert job.out.addresses == [f"p{n}@example.org" for n in range(201, 251)]
    assert kept.text == "Mail rows 202 to 251 (50 mails)"


async def test_a_reading_that_a_person_ticked_ends_it(job: MailingJob) -> None:
    await job.run(until=lambda state: bool(state.todo))
    job.append(e.TodoEdited(by="ann", ticked=("prepare:1",), at=job.now))
    await job.run()
    assert isinstance(job.state.end, JobFailed)
    assert "ticked off by hand" in job.state.end.why


async def test_what_is_not_understood_is_asked_and_then_set_aside(job: MailingJob) -> None:
    await job.sent_some(1)
    job.say("tell", text="be nice")
    await job.run()
    assert "which a mailing does not understand" in job.question.about
    job.say("answer", request=job.question.id, text="never mind")
    await job.run()
    assert job.out.addresses == WELL
    assert 'not understood: "be nice" (ben)' in job.result


async def test_groups_that_went_stale_are_planned_anew_and_a_group_that_a_person_took_off_is_not(
    tmp_path: Path,
) -> None:
    job = await MailingJob(tmp_path, people(250)).run()
    _, gone, *stale = [item for item in job.state.todo if item.status is not ItemStatus.COMPLETED]
    job.append(e.TodoEdited(by="ann", dropped=(DroppedItem(item=gone.item, why="by hand"),), at=job.now))
    why = tuple(DroppedItem(item=item.item, why="stale") for item in stale)
    job.append(ItemsWentStale(dropped=why, at=job.now))
    await job.run()
    kept = ["Mail rows 2 to 101 (100 mails)", "Mail rows 202 to 251 (50 mails)", "Say what was mailed"]
    assert job.open_items == kept
