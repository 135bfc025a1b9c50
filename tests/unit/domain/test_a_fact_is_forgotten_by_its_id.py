"""Forgetting: entries leave by their ids, once; an id that is not there changes nothing."""

import pytest

from domain.errors import ToolInvalid
from domain.memory import AgentState, Author, MemoryRemoved, Remembered
from domain.sections import Section


def _state(*texts: str) -> AgentState:
    facts = [Remembered(section=Section.LEARNINGS, text=text) for text in texts]
    return AgentState().apply_all(AgentState().remember(facts, Author("ann", 1.0)))


def test_entries_leave_by_their_ids() -> None:
    state = _state("a", "b", "c")
    first, second, _ = (entry.id for entry in state.entries)
    events = state.forget([first, second, first], by="job one")
    assert events == tuple(MemoryRemoved(entry_id=each, by="job one", why="forgotten") for each in (first, second))
    assert [entry.text for entry in state.apply_all(events).entries] == ["c"]


def test_an_id_that_is_not_there_forgets_nothing() -> None:
    state = _state("a")
    with pytest.raises(ToolInvalid, match=f"there is no memory 'x'; there are {state.entries[0].id}"):
        state.forget([state.entries[0].id, "x"], by="job one")
    with pytest.raises(ToolInvalid, match="there are none"):
        _state().forget(["x"], by="job one")
