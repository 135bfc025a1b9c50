"""The bounded exploration: nothing is broken with every rule in force, and each rule that is taken away is missed."""

import json

import pytest

from chaos.protocol.__main__ import main
from chaos.protocol.bounds import Bounds
from chaos.protocol.core import Core
from chaos.protocol.rules import SOUGHT, Rule, Sought
from chaos.protocol.search import Search
from domain import events as e
from domain import judge
from domain.answers import Effect
from domain.facts import OpenCall
from domain.judge import Standing

ONE_THING = Bounds(together=1)
SLOW = {
    Rule.OUTCOME_OPEN, Rule.MESSAGE_EACH, Rule.VOIDED_RENEWAL, Rule.VOIDED_OUTLIVED, Rule.VOIDED_UNKNOWN, Rule.FORK,
    Rule.LAST_CHECK, Rule.OUTLIVE, Rule.RENEW, Rule.ONE_RENEWS, Rule.ASK, Rule.NEVER_AGAIN, Rule.UNSENT_KNOWN,
    Rule.SHIELD, Rule.LATE, Rule.LATE_APART, Rule.AGAIN, Rule.INBOX,
}  # fmt: skip
"""Rules that are missed only after more than ten thousand worlds; `make protocol` looks for them too."""


@pytest.mark.parametrize("effect", Effect)
def test_whatever_one_thing_happens_every_promise_holds(effect: Effect) -> None:
    search = Search(Core(effect), ONE_THING)
    explored = search.explored()
    assert explored.violation == ""
    assert explored.complete
    kinds = {kind for world in search.worlds for kind in (*world.faults, *world.said)}
    assert kinds >= {"suspended", "reset", "server lost", "backup", "tell", "cancel now", "pause"}
    ends = {world.journal.state.end.type for world in search.worlds if world.journal.state.end}
    assert ends == {"JobCompleted", "JobCancelled", "JobFailed"}


def test_two_attempts_and_a_person_settle_an_unknown_outcome_in_every_order() -> None:
    search = Search(Core(Effect.ONCE), Bounds(faults=1, messages=0, kinds=("suspended",)))
    explored = search.explored()
    assert (explored.violation, explored.complete) == ("", True)
    said = {world.said[0].split()[-1] for world in search.worlds if world.said}
    assert said == {"sent", "again", "skip"}
    assert any(isinstance(row.event, e.LateOutcome) for world in search.worlds for row in world.journal.line)
    assert any(sum(applied.times for applied in world.target) == 2 for world in search.worlds)


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule not in SLOW])
def test_a_rule_that_is_taken_away_is_missed(rule: Rule) -> None:
    sought = SOUGHT.get(rule, Sought())
    explored = Search(Core(sought.effect, without=rule), sought.bounds, states=30_000).explored()
    assert explored.violation
    assert explored.path


def _whatever(standing: Standing, event: e.JobEvent, known: OpenCall | None = None) -> tuple[e.JobEvent, ...]:
    return (event,)


def _never(standing: Standing) -> tuple[e.JobEvent, ...]:
    return ()


@pytest.mark.parametrize(
    ("function", "broken", "why"), [("outcome", _whatever, "overwrites"), ("end", _never, "never ends")]
)
def test_a_judge_who_is_wrong_is_found(
    function: str, broken: object, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, function, broken)
    explored = Search(Core(Effect.ONCE), Bounds(faults=1, messages=0, answers=0)).explored()
    assert why in explored.violation


def test_a_sender_suspended_after_its_last_check_repeats_as_rule_4_says() -> None:
    explored = Search(Core(Effect.LOOKUP), Bounds(faults=1, messages=0, answers=0, pause=True)).explored()
    assert explored.violation == "the effect of key 6 happens twice"
    assert explored.path[-1].who == "act (zombie)"


def test_the_command_prints_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--effect", "pure", "--depth", "6", "--rule", "confirmed", "-o", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert {"states", "violations", "rules", "rules_needed", "seconds", "effects", "without"} <= printed.keys()
    assert (printed["violations"], printed["rules"], printed["rules_needed"]) == (0, 1, 1)
    [found] = printed["without"].values()
    assert [step["who"] for step in found["path"]] == ["a person", "Temporal"]
    assert main(["--effect", "pure", "--depth", "6", "--rule", "confirmed"]) == 0
    text = capsys.readouterr().out
    assert "1 of 1 rules cost a promise" in text
    assert "1. a person: says 'tell'" in text
