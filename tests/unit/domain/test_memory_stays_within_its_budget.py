"""memory.md is within its budget at every version; what leaves goes to the archive, the least useful first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.budget import fitting as fit
from domain.budget import size
from domain.errors import ToolInvalid
from domain.memory import AgentEvent, AgentState, Author, MemoryAdded, MemoryArchived, Remembered, Trust
from domain.memory_file import render
from domain.sections import Section
from domain.tokens import tokens

LIMIT = 200
FRAME = size(AgentState())
"""What an empty memory.md takes."""

FACTS = st.builds(
    Remembered,
    section=st.sampled_from([Section.LEARNINGS, Section.PROJECTS]),
    text=st.text("abcxyz 123 日\n", min_size=1, max_size=150).filter(lambda text: text.strip() != ""),
    topic=st.sampled_from(["", "weather"]),
    trust=st.sampled_from(Trust),
    pinned=st.sampled_from([False, False, False, True]),
    expires_at=st.sampled_from([None, 5.0]),
)


def fact(text: str, **more: object) -> Remembered:
    return Remembered.model_validate({"section": Section.LEARNINGS, "text": text, **more})


def write(state: AgentState, *facts: Remembered, at: float = 1.0, limit: int = LIMIT) -> tuple[AgentEvent, ...]:
    return fit(state, state.remember(facts, Author("ann", at)), limit)


def filled(count: int, **more: object) -> AgentState:
    """A memory of so many entries of one size, each a second younger than the one before."""
    state = AgentState()
    for number in range(count):
        new = write(state, fact(f"entry {number} " + "word " * 20, **more), at=number, limit=10_000)
        state = state.apply_all(new)
    return state


@settings(max_examples=200)
@given(st.lists(st.lists(FACTS, min_size=1, max_size=4), max_size=8))
def test_every_version_fits_and_nothing_is_lost(batches: list[list[Remembered]]) -> None:
    state, archived = AgentState(), list[str]()
    for at, batch in enumerate(batches):
        asked = state.remember(batch, Author("ann", float(at)))
        wanted = [event.entry.content for event in asked if isinstance(event, MemoryAdded)]
        try:
            events = fit(state, asked, LIMIT)
        except ToolInvalid:
            assert any(fact.pinned for fact in batch)
            continue
        for event in events:
            state = state.apply(event)
            assert size(state) <= LIMIT, event
            assert size(state) == tokens(render(state.agent, state.version, state.entries))
            archived += [event.entry_id] if isinstance(event, MemoryArchived) else []
        added = [event.entry.content for event in events if isinstance(event, MemoryAdded)]
        assert added == wanted, "each new entry is added, be it to the archive"
    assert len(archived) == len(set(archived)), "an entry leaves once"


def test_the_oldest_leaves_and_the_event_says_why() -> None:
    state = filled(4)
    room = size(state)
    first, added = write(state, fact("new " + "word " * 20), at=9.0, limit=room)
    assert isinstance(first, MemoryArchived)
    assert first.entry_id == state.entries[0].id
    assert f"{room} are allowed" in first.why
    assert isinstance(added, MemoryAdded)
    assert not added.archived


def test_what_came_from_elsewhere_leaves_before_our_own() -> None:
    state = filled(2)
    state = state.apply_all(write(state, fact("page " + "word " * 20, trust=Trust.WEB), at=8.0, limit=10_000))
    first, *_ = write(state, fact("new " + "word " * 20), at=9.0, limit=size(state))
    assert isinstance(first, MemoryArchived)
    assert first.entry_id == state.entries[-1].id


def test_what_has_expired_leaves_first_though_there_is_room() -> None:
    state = filled(3).apply_all(write(filled(3), fact("soon over", expires_at=5.0), limit=10_000))
    first, added = write(state, fact("new"), at=5.0, limit=10_000)
    assert first == MemoryArchived(entry_id=state.entries[-1].id, why="expired")
    assert isinstance(added, MemoryAdded)


def test_pinned_entries_stay_and_what_has_no_room_beside_them_is_archived_at_once() -> None:
    state = filled(3, pinned=True)
    (added,) = write(state, fact("new " + "word " * 20), at=9.0, limit=size(state))
    assert isinstance(added, MemoryAdded)
    assert "pinned" in added.archived
    assert state.apply(added).entries == state.entries


def test_an_entry_of_more_than_half_the_file_takes_no_room_from_others() -> None:
    state = filled(2)
    (added,) = write(state, fact("日" * 150), at=9.0, limit=size(state) + 150)
    assert isinstance(added, MemoryAdded)
    assert "too long for memory.md" in added.archived


def test_no_more_than_half_can_be_pinned() -> None:
    state = filled(4)
    limit = size(state)
    pinned = state.apply_all(fit(state, state.pin([state.entries[0].id], "ann"), limit))
    assert pinned.entries[0].pinned
    with pytest.raises(ToolInvalid, match="half at most may be pinned"):
        fit(pinned, pinned.pin([entry.id for entry in pinned.entries], "ann"), limit)
    with pytest.raises(ToolInvalid, match="half at most may be pinned"):
        write(pinned, *(fact(f"pinned {number} " + "word " * 20, pinned=True) for number in range(3)), limit=limit)
    let_go = fit(pinned, pinned.pin([state.entries[0].id], "ann", pinned=False), 10)
    assert not pinned.apply_all(let_go).entries[0].pinned


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("word", 1), ("understanding", 3), ("2026-11-24", 6), ("日本 é", 3)]
)
def test_tokens_are_counted_on_the_high_side(text: str, count: int) -> None:
    assert tokens(text) == count
