"""The expected end of a planned job is played by the core alone."""

import pytest

from chaos.campaign.drawing import job
from chaos.campaign.expected import End, agree, expected
from chaos.campaign.plan import JobPlan, Saying
from chaos.campaign.script import View, answer, question

TELL = Saying(after=2, kind="tell", message_id="m1", text="also post:more said-1", word="said-1")
CANCEL = Saying(after=3, kind="cancel", message_id="m2", text="no longer said-2", word="said-2")
PLAN = JobPlan(job="j", agent="a", items=("look:0", "pay:1", "send:2"), sayings=(TELL, CANCEL))


def test_what_was_recorded_counts_and_nothing_else() -> None:
    assert expected(PLAN, []).completed == {"look:0", "pay:1", "send:2"}
    told = expected(PLAN, ["m1"])
    assert told.completed == {"look:0", "pay:1", "send:2", "post:more"}
    assert told.requirements == {"also post:more said-1"}
    assert expected(PLAN, ["m1", "m2"]).status == "cancelled"


def test_a_denied_payment_is_not_made() -> None:
    denied = expected(PLAN.model_copy(update={"consent": "denied"}), [])
    assert denied.status == "completed"
    assert denied.completed == {"look:0", "send:2"}


@pytest.mark.parametrize("number", range(60))
def test_every_drawn_job_ends(number: int) -> None:
    plan = job(11, number)
    end = expected(plan, [saying.message_id for saying in plan.sayings])
    cancelled = any(saying.kind == "cancel" for saying in plan.sayings)
    assert end.status == ("cancelled" if cancelled else "completed")


def test_ends_agree_when_everything_does() -> None:
    end = expected(PLAN, ["m1"])
    assert agree(end, end)
    for name in ("completed", "requirements", "information"):
        assert not agree(end, end.model_copy(update={name: frozenset({"other"})}))
    assert not agree(end, end.model_copy(update={"status": "failed"}))


def test_a_cancelled_job_may_have_done_any_part_of_its_work() -> None:
    wanted = expected(PLAN, ["m2"])
    done = End(status="cancelled", completed=frozenset({"look:0"}), requirements=frozenset(), information=frozenset())
    assert agree(wanted, done)
    assert not agree(wanted, done.model_copy(update={"status": "completed"}))


def test_a_question_is_asked_once_and_then_acted_on() -> None:
    view = View(job="j", wanted=("ask:1",), done=(), refused=(), waiting=(), plan_is_old=True)
    assert answer(view)["intent"]["kind"] == "ask"
    assert answer(view.model_copy(update={"answered": (question("ask:1"),)}))["intent"]["tool"] == "look"
    assert expected(PLAN.model_copy(update={"items": ("ask:1", "look:2")}), []).completed == {"ask:1", "look:2"}


def test_another_answer_is_as_sound_and_begins_elsewhere() -> None:
    view = View(job="j", wanted=("a:1", "b:2"), done=(), refused=(), waiting=(), plan_is_old=True)
    one, other = answer(view), answer(view, other=1)
    assert (one["intent"]["item"], other["intent"]["item"]) == ("a:1", "b:2")
    assert one["plan"] == other["plan"]
