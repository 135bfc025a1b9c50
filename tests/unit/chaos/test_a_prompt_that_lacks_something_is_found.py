"""The oracle of prompts, and what the observer takes from a journal for it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chaos.campaign.found import Oracle
from chaos.campaign.observer import Seen
from chaos.campaign.prompts import prompts
from domain.head import Head
from stores.journal import Row

WORD = "said-0123456789ab"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    lines = [
        {"job": "j", "version": 4, "words": []},
        {"job": "j", "version": 5, "words": [WORD]},
        {"job": "j", "version": 6, "words": []},
        {"job": "another", "version": 9, "words": []},
    ]
    path = tmp_path / "prompts.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_what_stood_there_before_must_be_in_it(told: Path) -> None:
    rate, found = prompts({"j": Seen("j", words={WORD: 5})}, told)
    assert (rate.hit, rate.of, rate.jobs_amiss, rate.jobs) == (1, 3, 1, 1)
    assert [(each.oracle, each.about) for each in found] == [(Oracle.PROMPTS, "j")]
    assert f"version 6 lacks {WORD}" in found[0].what


def test_what_came_later_need_not_be_in_it(told: Path) -> None:
    assert prompts({"j": Seen("j", words={WORD: 7})}, told)[1] == []


def test_the_observer_notes_what_was_recorded_and_not_what_was_refused() -> None:
    seen = Seen("j")
    said = {"by": "ann", "at": 1.0}
    seen.read(_row(1, "InformationGiven", {**said, "message_id": "m1", "text": f"know {WORD}"}))
    seen.read(_row(2, "MessageRefused", {**said, "message_id": "m2", "kind": "tell", "said": "x", "why": "over"}))
    assert (seen.messages, seen.words) == ({"m1"}, {WORD: 1})
    seen.begin_anew()
    assert (seen.messages, seen.words, seen.heads) == (set(), {}, [])


def _row(version: int, type_: str, data: dict[str, object]) -> Row:
    return Row(Head(version=version, hash="0" * 64), type_, 4, {"type": type_, **data}, datetime.now(UTC))
