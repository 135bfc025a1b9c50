"""A rollback is a new version with the entries of an old one, in their order, whatever happened in between."""

from hypothesis import given
from hypothesis import strategies as st

from domain.memory import AgentState, Author, MemoryRolledBack, Remembered
from domain.memory_file import render
from domain.sections import Section

Deed = Remembered | tuple[str, int]

FACTS = st.builds(
    Remembered,
    section=st.sampled_from(Section),
    text=st.sampled_from(["it rains", "it snows", "the sun shines"]),
    topic=st.sampled_from(["", "weather"]),
)
DEEDS = st.one_of(FACTS, st.tuples(st.sampled_from(["forget", "pin", "let go"]), st.integers(0, 5)))


def done(state: AgentState, deed: Deed) -> AgentState:
    if isinstance(deed, Remembered):
        return state.apply_all(state.remember([deed], Author("ann", float(state.version))))
    if not state.entries:
        return state
    what, place = deed
    chosen = [state.entries[place % len(state.entries)].id]
    return state.apply_all(
        state.forget(chosen, "bob") if what == "forget" else state.pin(chosen, "bob", pinned=what == "pin")
    )


@given(st.lists(DEEDS, max_size=12), st.data())
def test_the_file_is_the_same_but_for_its_version(
    deeds: list[Remembered | tuple[str, int]], data: st.DataObject
) -> None:
    states = [AgentState()]
    for deed in deeds:
        states.append(done(states[-1], deed))
    then, now = data.draw(st.sampled_from(states)), states[-1]
    events = now.roll_back(then, "ann", "because")
    after = now.apply_all(events)
    assert after.entries == then.entries
    assert render("ann", 1, after.entries) == render("ann", 1, then.entries)
    assert after.version == now.version + len(events)
    assert bool(events) == (now.entries != then.entries)


def test_it_says_who_and_why() -> None:
    first = done(AgentState(), Remembered(section=Section.FOCUS, text="one"))
    second = done(first, Remembered(section=Section.FOCUS, text="two"))
    *_, last = second.roll_back(first, "ann", "two was wrong")
    assert last == MemoryRolledBack(to=1, by="ann", why="two was wrong", order=("m1",))
    assert second.roll_back(second, "ann", "x") == ()


def test_what_stands_beside_the_order_comes_last() -> None:
    state = done(
        done(AgentState(), Remembered(section=Section.FOCUS, text="one")), Remembered(section=Section.FOCUS, text="two")
    )
    after = state.apply(MemoryRolledBack(to=0, by="ann", why="", order=("m2", "m9")))
    assert [entry.id for entry in after.entries] == ["m2", "m1"]
