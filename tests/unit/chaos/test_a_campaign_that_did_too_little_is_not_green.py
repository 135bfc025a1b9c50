"""The result: bounds, floors, and what makes a campaign green."""

from typing import Any

import pytest

from chaos.campaign import text
from chaos.campaign.controls import CAUGHT_BY, FAULTS, Control
from chaos.campaign.controls import plan as control_plan
from chaos.campaign.drawing import plan
from chaos.campaign.found import Checked, Effect, Episode, Finding, Oracle, moved
from chaos.campaign.kinds import IN_JOBS, Kind
from chaos.campaign.result import Beside, Result, Where, result
from chaos.campaign.run import Outcome
from chaos.campaign.weakened import CONTROLS
from domain.report import Rate

WHERE = Where(commit="c", machine="m", at="2026-01-01 00:00 UTC")
CLEAN = Rate(hit=0, of=100, jobs_amiss=0, jobs=100)
ALL = Rate(hit=100, of=100, jobs_amiss=0, jobs=100)
CONTROL = Control(without="keys", struck=1, seconds=1.0, findings={Oracle.EFFECTS: 1}, examples=("twice",))
FINDING = Finding(oracle=Oracle.EFFECTS, about="j1", what="post:1 happened 2 times")


def _checked(*findings: Finding) -> Checked:
    effect = Effect(tool="post", effect="keyed", duplicates=CLEAN, unknown=CLEAN)
    return Checked(
        findings=findings,
        effects=(effect,),
        consistent=ALL,
        ended_well=ALL,
        prompts=CLEAN,
        notices_repeated=0,
        histories=1,
        in_the_pause=0,
    )


def _outcome(*findings: Finding, ended: int = 100, hit: int = 100, but: Kind | None = None) -> Outcome:
    jobs = tuple(f"j{number}" for number in range(hit))
    kinds = [kind for kind in Kind if kind not in IN_JOBS and kind is not but]
    episodes = tuple(
        Episode(number=n, kind=kind, note="done", at=1.0, lasted=1.0, hit=jobs, moved=dict.fromkeys(jobs, 0.5))
        for n, kind in enumerate(kinds)
    )
    in_jobs: dict[str, int] = {kind: 1 for kind in IN_JOBS if kind is not but}
    return Outcome(_checked(*findings), episodes, in_jobs, began=100, ended=ended, outcomes=800, seconds=60.0)


def _result(outcome: Outcome, *controls: Control, profile: Any = "standard") -> Result:
    return result(plan(7, profile, 100, 1), outcome, Beside(controls=controls), WHERE, 10.0)


def test_all_well_is_green() -> None:
    came = _result(_outcome(), CONTROL)
    assert (came.valid, came.green) == (True, True)
    assert came.state_consistency.bound == pytest.approx(0.9705, abs=1e-4)
    assert came.duplicate_actions["post (keyed)"].bound == pytest.approx(0.0295, abs=1e-4)
    assert "GREEN" in text.headline(came)


def test_a_finding_is_red_and_is_told() -> None:
    came = _result(_outcome(FINDING), CONTROL)
    assert (came.valid, came.green) == (True, False)
    assert any("post:1 happened 2 times" in sentence for sentence in text.sentences(came))
    assert came.recovery_success.hit == 99


def test_a_weakened_installation_that_is_not_caught_is_red() -> None:
    by_another = CONTROL.model_copy(update={"findings": {Oracle.ENDS: 3}})
    assert not _result(_outcome(), by_another).green
    assert ("keys", "NO") in [row[:2] for row in text.controls(_result(_outcome(), by_another))]


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (_outcome(ended=94), "94 of 100 jobs ended"),
        (_outcome(hit=29), "29 of 100 jobs were hit"),
        (_outcome(but=Kind.REDIS_EMPTIED), "redis_emptied fired 0 times"),
        (_outcome(but=Kind.MODEL_FAULT), "model_fault fired 0 times"),
    ],
)
def test_too_little_is_invalid(outcome: Outcome, why: str) -> None:
    came = _result(outcome, CONTROL)
    assert not came.green
    assert any(why in each for each in came.why_invalid)
    assert "INVALID" in text.headline(came)


def test_a_smoke_needs_eight_kinds() -> None:
    assert _result(_outcome(but=Kind.REDIS_EMPTIED), CONTROL, profile="smoke").valid
    few = _outcome()
    none = Outcome(few.checked, few.episodes[:7], {}, few.began, few.ended, few.outcomes, few.seconds)
    assert _result(none, CONTROL, profile="smoke").why_invalid == ("7 kinds of faults fired, 8 are wanted",)


def test_time_to_move_counts_those_that_never_did() -> None:
    episode = Episode(
        number=1, kind="k", note="n", at=0, lasted=0, hit=("a", "b", "c"), moved={"a": 1.0, "b": None, "c": 3.0}
    )
    came = moved([episode])
    assert (came.count, came.never, came.p50, came.most) == (3, 1, 1.0, 3.0)


@pytest.mark.parametrize("without", CONTROLS)
def test_every_safeguard_has_its_faults_and_who_must_notice(without: str) -> None:
    assert control_plan(7, without).faults
    assert without in FAULTS
    assert CAUGHT_BY[without] in Oracle
