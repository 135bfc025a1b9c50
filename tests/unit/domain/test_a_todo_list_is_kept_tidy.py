"""What waited too long leaves the list with a reason and is planned anew; what was done long ago is put away."""

from domain import events as e
from domain import judge
from domain import todo_events as t
from domain.answers import PlannedCall, Usage
from domain.decision import Terms, decided, parse
from domain.errors import InvalidAnswer
from domain.facts import DAY
from domain.job import JobState
from domain.judge import Standing
from domain.todo import ItemResult, ItemStatus, PlanItem, Tidiness
from domain.todo_file import JobTodo, edits, render
from domain.todo_file import parse as read
from tests.unit.domain import toy

TERMS = Tidiness(stale_days=30, archive_days=14)
LATER = toy.NOW + 31 * DAY


def planned() -> JobState:
    """A job whose plan has three items, the first of which it means to do."""
    state = toy.opened()
    return state.apply_all(toy.decided(state, tools=("keyed", "once", "pure")))


def tidied(state: JobState, now: float, terms: Tidiness = TERMS) -> tuple[e.JobEvent, ...]:
    return judge.tidying(Standing(seen=0, tail=(), state=state), now, terms)


def done(state: JobState, at: float = toy.NOW) -> JobState:
    """The job after the call that it means to make."""
    assert isinstance(state.intent, PlannedCall)
    called = e.ToolCalled(call=state.intent, revision=1, step=1, at=at, deadline=at + 10)
    state = state.apply(called)
    return state.apply(e.ToolReturned(call=state.version, result=ItemResult(text="sent"), at=at))


def test_items_that_wait_too_long_go_with_a_reason_but_not_the_one_at_work() -> None:
    (stale,) = tidied(planned(), LATER)
    assert isinstance(stale, t.ItemsWentStale)
    assert [(one.item, one.why) for one in stale.dropped] == [
        ("once", "stale: it has waited for more than 30 days"),
        ("pure", "stale: it has waited for more than 30 days"),
    ]
    state = planned().apply(stale)
    assert [item.item for item in state.todo] == ["keyed"]
    assert state.stale == ("once", "pure")
    assert isinstance(state.intent, PlannedCall), "what it means to do stands"


def test_nothing_goes_before_its_time_nor_twice() -> None:
    assert tidied(planned(), toy.NOW + 30 * DAY) == ()
    assert tidied(planned().apply_all(tidied(planned(), LATER)), LATER) == ()


def test_the_planner_must_say_anew_what_is_to_be_done_and_what_it_lists_is_young_again() -> None:
    state = done(planned().apply_all(tidied(planned(), LATER)))
    ask = {"kind": "ask", "question": "?", "default": "-"}
    bare = parse({"says": "x", "plan": None, "intent": ask})
    terms = Terms(now=LATER)
    try:
        decided(state, bare, toy.TOOLS, terms, model="toy", usage=Usage())
    except InvalidAnswer as error:
        assert "items waited too long and left the list (once, pure)" in str(error)
    else:
        raise AssertionError("a stale list needs a plan")
    again = parse({"says": "x", "plan": [{"item": "once", "text": "use once"}], "intent": ask})
    state = state.apply_all(decided(state, again, toy.TOOLS, terms, model="toy", usage=Usage()))
    assert [(item.item, item.added_at) for item in state.todo if item.item == "once"] == [("once", LATER)]
    assert state.stale == ("pure",)
    assert tidied(state, LATER + 29 * DAY)[:1] != (), "the done one is archived"
    assert not any(isinstance(event, t.ItemsWentStale) for event in tidied(state, LATER + 29 * DAY))


def test_an_item_that_stays_in_the_plan_is_as_old_as_it_was() -> None:
    state = planned()
    items = tuple(PlanItem(item=item.item, text=item.text) for item in state.todo)
    state = state.apply(e.PlanRevised(revision=1, items=items, at=LATER))
    assert {item.added_at for item in state.todo} == {toy.NOW}


def test_a_plan_that_does_not_say_when_it_was_made_never_goes_stale() -> None:
    state = toy.opened().apply(e.PlanRevised(revision=1, items=(PlanItem(item="a", text="use a"),)))
    assert tidied(state, LATER) == ()


def test_what_was_done_long_ago_is_put_away_and_still_counts_as_done() -> None:
    state = done(planned())
    (put_away,) = tidied(state, toy.NOW + 15 * DAY)
    assert isinstance(put_away, t.ItemsArchived)
    assert (put_away.archived, put_away.why) == (("keyed",), "completed more than 14 days ago")
    later = state.apply(put_away)
    assert (later.todo[0].status, later.todo[0].result) == (ItemStatus.COMPLETED, state.todo[0].result)
    assert "use keyed" in render("ann", [JobTodo.of(state)])
    assert "use keyed" not in render("ann", [JobTodo.of(later)])
    assert tidied(later, toy.NOW + 15 * DAY) == ()


def test_it_is_put_away_even_when_its_job_has_ended() -> None:
    ended = done(planned()).apply(e.JobCancelled(by="ann"))
    assert "use keyed" in render("ann", [JobTodo.of(ended)])
    later = ended.apply_all(tidied(ended, LATER))
    assert "use keyed" not in render("ann", [JobTodo.of(later)])
    assert [item.item for item in later.todo] == [item.item for item in ended.todo], "nothing else has changed"
    assert (later.end, later.status) == (ended.end, ended.status)


def test_a_file_without_what_was_put_away_is_no_edit() -> None:
    state = done(planned())
    base = (JobTodo.of(state.apply_all(tidied(state, toy.NOW + 15 * DAY))),)
    assert edits(base, read(render("ann", base)), by="ann", at=LATER) == {}
