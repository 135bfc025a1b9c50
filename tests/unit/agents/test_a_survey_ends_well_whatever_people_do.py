"""People do anything at any moment: every answer of the playbook fits its job, and the survey comes to its end."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import events as e
from domain.errors import ToolUnsent
from domain.messages import Verdict
from domain.spoken import ApprovalGranted, OutcomeSettled
from domain.todo import DroppedItem, ItemStatus, PlanItem
from tests.unit.agents.playbook_job import plant
from tests.unit.agents.survey_job import SurveyJob

Act = Callable[[SurveyJob], None]

TEXTS = st.sampled_from(
    [
        "focus src/**",
        "focus **",
        "ignore *.md",
        "ignore src/a.py\nset title=Other",
        "set email=ann@example.org",
        "set title=Survey of f",
        "please hurry",
        "ignore *.md\nand hurry",
        " ",
    ]
)


def tell(text: str) -> Act:
    return lambda job: job.say("tell", text=text)


def first_request(kind: str, **said: str) -> Act:
    """Says something to the first open request, if there is one."""

    def act(job: SurveyJob) -> None:
        for request in job.state.requests[:1]:
            job.say(kind, request=request.id, **said)

    return act


def fail(job: SurveyJob) -> None:
    job.outbox.faults.append(ToolUnsent("no"))


def lose(job: SurveyJob) -> None:
    job.outbox.faults.append(ConnectionError("silence"))


def edit(change: str, place: int) -> Act:
    """Adds an item, or ticks or deletes the one at that place."""

    def act(job: SurveyJob) -> None:
        still = [item for item in job.state.todo if item.status is not ItemStatus.COMPLETED]
        one = still[place % len(still)].item if still else ""
        added = (PlanItem(item=f"p{place}", text="Mine"),) if change == "add" else ()
        dropped = (DroppedItem(item=one, why="deleted"),) if change == "drop" and one else ()
        ticked = (one,) if change == "tick" and one else ()
        job.append(e.TodoEdited(by="ann", added=added, dropped=dropped, ticked=ticked, at=job.now))

    return act


ACTS = (
    TEXTS.map(tell)
    | TEXTS.map(lambda text: first_request("answer", text=text))
    | st.sampled_from(["sent", "again", "skip"]).map(lambda verdict: first_request("answer", text=verdict))
    | st.sampled_from([first_request("approve"), first_request("reject"), SurveyJob.expire, fail, lose])
    | st.builds(edit, st.sampled_from(["add", "drop", "tick"]), st.integers(0, 9))
)


async def survey(folder: Path, email: str, story: list[tuple[int, Act]]) -> SurveyJob:
    job = SurveyJob(folder, email=email)
    for moves, act in story:
        for _ in range(moves):
            await job.move()
        if job.state.end is None:
            act(job)
    for _ in range(20):
        await job.run()
        if job.state.end:
            return job
        job.expire()
    raise AssertionError(f"no end: {job.state.requests}")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["ann@example.org", "", "nobody"]), st.lists(st.tuples(st.integers(0, 8), ACTS), max_size=10))
def test_a_survey_ends_well(email: str, story: list[tuple[int, Act]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = plant(Path(name, "f"), {"src/a.py": "# TODO: x\n", "src/b.md": "x", "docs/c.md": "x", "d": ""})
        job = asyncio.run(survey(folder, email, story))
    assert job.result
    assert not any(isinstance(event, e.AnswerInvalid) for event in job.events)
    consents = sum(
        isinstance(event, ApprovalGranted) or (isinstance(event, OutcomeSettled) and event.verdict is Verdict.AGAIN)
        for event in job.events
    )
    assert len(job.outbox.sent) <= consents
