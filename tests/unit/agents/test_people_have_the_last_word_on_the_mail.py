"""The mail goes out with a person's consent, once, or not at all; and the result says which, and why."""

from pathlib import Path

import pytest

from domain import events as e
from domain.errors import ToolUnsent
from domain.todo import ItemResult
from tests.unit.agents.playbook_job import done
from tests.unit.agents.survey_job import SurveyJob

ANN = "ann@example.org"


@pytest.fixture
async def job(folder: Path) -> SurveyJob:
    """A survey that waits for the approval of its mail."""
    return await SurveyJob(folder, email=ANN).run()


async def test_an_approved_mail_carries_the_report(job: SurveyJob) -> None:
    job.say("approve", request=job.waits_for)
    await job.run()
    (mail,) = job.outbox.sent
    assert (mail.to, mail.subject) == (ANN, "Survey of project")
    assert job.artifacts[mail.body_ref] == job.files["report.md"]
    assert job.result.endswith(f"It was mailed to {ANN}.")


async def test_a_denied_mail_is_not_asked_for_again(job: SurveyJob) -> None:
    job.say("reject", request=job.waits_for, why="not now", by="cleo")
    await job.run()
    assert job.outbox.sent == []
    assert job.result.endswith(f"It was not mailed to {ANN}: denied by cleo (not now).")
    assert sum(isinstance(event, e.ApprovalRequested) for event in job.events) == 1
    assert not any(isinstance(event, e.AnswerInvalid) for event in job.events)


async def test_an_expired_approval_is_no_denial(job: SurveyJob) -> None:
    job.expire()
    await job.run()
    assert job.result.endswith(f"It was not mailed to {ANN}: nobody approved it in time.")


async def test_another_address_after_a_denial_is_asked_for(job: SurveyJob) -> None:
    job.say("reject", request=job.waits_for)
    job.say("tell", text="set email=ben@example.org")
    await job.run()
    job.say("approve", request=job.waits_for)
    await job.run()
    assert [mail.to for mail in job.outbox.sent] == ["ben@example.org"]


async def test_a_mail_that_is_known_to_be_unsent_is_tried_again_under_the_same_approval(job: SurveyJob) -> None:
    job.outbox.faults = [ToolUnsent("refused"), ToolUnsent("refused")]
    job.say("approve", request=job.waits_for)
    await job.run()
    assert len(job.outbox.sent) == 1
    assert sum(isinstance(event, e.ApprovalRequested) for event in job.events) == 1


async def test_after_three_failures_the_survey_ends_without_the_mail(job: SurveyJob) -> None:
    job.outbox.faults = [ToolUnsent("550 no such user")] * 4
    job.say("approve", request=job.waits_for)
    await job.run()
    assert len(job.outbox.faults) == 1
    assert job.result.endswith(
        f"It was not mailed to {ANN}: 3 tries failed, the last: Nothing was sent: 550 no such user."
    )


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("sent", f"Its mail to {ANN}: ben says that it went out."),
        ("skip", f"It was not mailed to {ANN}: its outcome was unknown, and it was not to be sent again."),
        ("again", f"It was mailed to {ANN}."),
    ],
)
async def test_an_unknown_outcome_waits_for_a_person(job: SurveyJob, verdict: str, words: str) -> None:
    job.outbox.faults = [ConnectionError("silence")]
    job.say("approve", request=job.waits_for)
    await job.run()
    assert job.state.end is None
    job.say("answer", request=job.waits_for, text=verdict)
    await job.run()
    assert job.result.endswith(words)
    assert len(job.outbox.sent) == (verdict == "again")


async def test_an_unknown_outcome_that_nobody_settles_ends_without_sending_again(job: SurveyJob) -> None:
    job.outbox.faults = [ConnectionError("silence")]
    job.say("approve", request=job.waits_for)
    await job.run()
    job.expire()
    await job.run()
    assert "it was not to be sent again" in job.result


@pytest.mark.parametrize("happened", [True, False])
async def test_a_sender_that_comes_back_settles_the_question(job: SurveyJob, happened: bool) -> None:
    job.outbox.faults = [ConnectionError("silence")]
    job.say("approve", request=job.waits_for)
    await job.run()
    (unknown,) = job.state.unknown
    late = ItemResult(text="it knows", data={"message_id": "x"})
    job.append(e.LateOutcome(call=unknown.open.version, happened=happened, result=late, at=job.now))
    await job.run()
    if not happened:
        job.say("approve", request=job.waits_for)
        await job.run()
    assert job.result.endswith(f"It was mailed to {ANN}.")
    assert len(job.outbox.sent) == (not happened)


async def test_a_change_while_the_outcome_is_unknown_is_heeded(job: SurveyJob) -> None:
    job.outbox.faults = [ConnectionError("silence")]
    job.say("approve", request=job.waits_for)
    await job.run()
    job.say("tell", text="set title=Another")
    await job.run()
    assert job.report.startswith("# Another")
    for request in [request for request in job.state.requests if request.kind == "approval"]:
        job.say("reject", request=request.id)
    await job.run()
    for request in job.state.requests:
        job.say("answer", request=request.id, text="skip")
    await job.run()
    assert "denied by ben" in job.result


async def test_a_wrong_address_in_the_request_is_said(folder: Path) -> None:
    job = await SurveyJob(folder, email="ann at home").run()
    assert job.result.endswith('It was not mailed: "ann at home" is no mail address.')


async def test_without_a_mail_tool_the_survey_still_ends(folder: Path) -> None:
    job = SurveyJob(folder, email=ANN)
    del job.catalogue["send_email"]
    await job.run()
    assert job.result.endswith("there is no tool for mail.")


async def test_a_mail_already_sent_is_not_sent_for_an_unclear_remark(job: SurveyJob) -> None:
    job.say("approve", request=job.waits_for)
    await job.run(until=done("mail"))
    job.say("tell", text="thank you")
    await job.run()
    job.expire()
    await job.run()
    assert len(job.outbox.sent) == 1
