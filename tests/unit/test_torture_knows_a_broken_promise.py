"""What the kit holds to be broken, excused and kept, for each effect."""

import pytest

from chaos.torture import promise, report
from chaos.torture.run import Report
from chaos.torture.scenario import POINTS, UNDISTURBED, Halt, Scenario, pairs, singles
from chaos.torture.trial import Step, Verdict
from domain.answers import Effect
from domain.events import JobEvent, LateOutcome, ToolFailed, ToolReturned
from domain.todo import ItemResult

CHANGING = [effect for effect in Effect if effect is not Effect.PURE]
RESULT = ItemResult(text="x")


@pytest.mark.parametrize("effect", CHANGING)
@pytest.mark.parametrize(
    ("journal", "applied", "is_broken"),
    [
        ("happened", 1, False),
        ("happened", 0, True),
        ("happened", 2, True),
        ("did not happen", 0, False),
        ("did not happen", 1, True),
        ("unknown", 0, False),
        ("unknown", 1, False),
        ("unknown", 2, True),
        ("never called", 0, False),
        ("never called", 1, True),
        ("open", 1, True),
    ],
)
def test_the_journal_must_say_what_the_target_counts(
    effect: Effect, journal: promise.Said, applied: int, is_broken: bool
) -> None:
    assert bool(promise.broken(effect, journal, applied)) is is_broken


@pytest.mark.parametrize(("applied", "is_broken"), [(0, False), (1, True)])
def test_what_is_pure_changes_nothing(applied: int, is_broken: bool) -> None:
    assert bool(promise.broken(Effect.PURE, "happened", applied)) is is_broken


def test_a_late_outcome_has_the_last_word() -> None:
    failed = ToolFailed(call=1, kind="crashed", why="x", at=1.0)
    late = LateOutcome(call=1, happened=True, result=RESULT, at=1.0)
    returned = ToolReturned(call=1, result=RESULT, at=1.0)
    stories: list[tuple[list[JobEvent], str]] = [
        ([], "never called"),
        ([failed], "did not happen"),
        ([returned], "happened"),
        ([failed, late], "happened"),
    ]
    assert [promise.said(story) for story, _ in stories] == [wanted for _, wanted in stories]


def test_only_lookup_is_excused_and_only_for_a_pause_between_check_and_send() -> None:
    pause = Scenario(how="suspended", point="after_check")
    assert [effect for effect in Effect if promise.is_excused(effect, pause)] == [Effect.LOOKUP]
    second = Scenario(how="killed", point="after_call", second=Halt(point="after_check", how="suspended"))
    assert promise.is_excused(Effect.LOOKUP, second)
    assert not promise.is_excused(Effect.LOOKUP, Scenario(how="suspended", point="after_check", alone=True))
    assert not promise.is_excused(Effect.LOOKUP, Scenario(how="killed", point="after_check"))
    assert not promise.is_excused(Effect.LOOKUP, Scenario(how="suspended", point="before_effect"))


@pytest.mark.parametrize("effect", [Effect.KEYED, Effect.LOOKUP, Effect.ONCE])
def test_nothing_may_be_sent_after_its_deadline(effect: Effect) -> None:
    still = Scenario(how="suspended", point="before_effect", late=True, alone=True)
    assert promise.too_late(effect, still, 1)
    assert not promise.too_late(effect, still, 0)
    assert not promise.too_late(effect, still.model_copy(update={"point": "after_check"}), 1)
    assert not promise.too_late(Effect.TRANSACTIONAL, still, 1)


def test_every_point_has_a_kill_a_pause_and_a_cancellation() -> None:
    played = {(each.how, each.point) for each in singles()}
    assert played >= {(how, point) for how in ("killed", "suspended", "cancelled") for point in POINTS}
    assert UNDISTURBED not in list(singles())


def test_a_second_attempt_is_stopped_at_every_point_that_it_comes_by() -> None:
    both = list(pairs({"after_effect": ["after_call", "after_check"], "before_call": list(POINTS)}))
    stops = {(each.point, each.second.point) for each in both if each.second}
    assert stops == {
        ("after_effect", "after_call"),
        ("after_effect", "after_check"),
        *(("before_call", point) for point in POINTS),
    }
    assert len(both) == len(set(both)) == 3 * len(stops)
    assert len({each.name for each in both}) == len(both)


def test_the_shortest_ways_to_a_broken_promise_are_told_in_full() -> None:
    step = Step(who="first attempt", did="starts, ends", journal=("ToolCalled",), effects=2)
    verdicts = [
        Verdict(
            scenario=f"scenario of {length} steps",
            broken="it happened 2 times",
            excused=False,
            journal="happened",
            effects=2,
            steps=(step,) * length,
            passed=(),
        )
        for length in (5, 2, 4, 3)
    ]
    found = Report(
        tool="t",
        effect=Effect.KEYED,
        promise=promise.PROMISES[Effect.KEYED],
        kept=False,
        scenarios=9,
        broken=tuple(verdicts),
        excused=(),
    )
    told = list(report.broken(found, everything=False))
    assert told[0] == "t is declared keyed: it happens as often as the journal says, never twice. It breaks that:"
    assert told[2:5] == [
        "scenario of 2 steps: it happened 2 times",
        "  1  first attempt starts, ends; journal: ToolCalled; effects: 2",
        "  2  first attempt starts, ends; journal: ToolCalled; effects: 2",
    ]
    assert "  scenario of 5 steps: it happened 2 times" in told
    assert "scenario of 5 steps: it happened 2 times" in list(report.broken(found, everything=True))
    assert list(report.rows([found])) == [("t", "keyed", "9", "5", "4", "0", "BREAKS ITS PROMISE")]
