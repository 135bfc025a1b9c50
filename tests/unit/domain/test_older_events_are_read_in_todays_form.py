"""Upcasting: step by step from the schema of a row to today's, and never a guess at what is newer."""

import pytest

from domain import upcast as module
from domain.events import JOB_EVENT, SCHEMA
from domain.upcast import STEPS, Fields, NewerSchema, upcast

TURN = {"type": "TurnTaken", "at": 1.0}


def test_an_event_of_today_is_as_it_was_stored() -> None:
    assert upcast(TURN, SCHEMA) is TURN


def test_every_released_schema_has_its_step() -> None:
    assert set(STEPS) == set(range(1, SCHEMA))


def test_steps_follow_each_other_from_the_schema_of_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def second(fields: Fields) -> Fields:
        return {**fields, "type": "TurnTaken"} if fields["type"] == "TurnGiven" else fields

    def third(fields: Fields) -> Fields:
        return {"type": fields["type"], "at": fields["minutes"] * 60}

    monkeypatch.setattr(module, "SCHEMA", 3)
    monkeypatch.setattr(module, "STEPS", {1: second, 2: third})
    given = {"type": "TurnGiven", "minutes": 2}
    assert upcast(given, 1) == {"type": "TurnTaken", "at": 120}
    assert given == {"type": "TurnGiven", "minutes": 2}, "what was stored is left as it is"
    assert upcast({"type": "TurnTaken", "minutes": 3}, 2) == {"type": "TurnTaken", "at": 180}
    assert upcast({"type": "TurnTaken", "at": 5}, 3) == {"type": "TurnTaken", "at": 5}
    assert JOB_EVENT.validate_python(upcast(given, 1)).type == "TurnTaken"


def test_a_newer_event_is_refused_by_name() -> None:
    with pytest.raises(NewerSchema, match=f"TurnTaken has schema {SCHEMA + 1}, this release knows {SCHEMA}"):
        upcast(TURN, SCHEMA + 1)
