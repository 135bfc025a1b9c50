"""Memory: a fact stands once in its section, an older one of its topic leaves, and what is forgotten can come again."""

from hypothesis import given
from hypothesis import strategies as st

from domain.memory import AgentState, Author, Entry, FileRestored, MemoryAdded, MemoryRemoved, Remembered
from domain.sections import Section

FACTS = st.builds(
    Remembered,
    section=st.sampled_from(Section),
    text=st.sampled_from(["it rains", "it snows", "the sun shines"]),
    topic=st.sampled_from(["", "weather", "season"]),
)


def fact(text: str, topic: str = "", section: Section = Section.LEARNINGS) -> Remembered:
    return Remembered(section=section, text=text, topic=topic)


def remembering(*facts: Remembered, state: AgentState | None = None, at: float = 1.0) -> AgentState:
    state = state or AgentState()
    for each in facts:
        state = state.apply_all(state.remember([each], Author("ann", at, "job-1")))
    return state


def texts(state: AgentState) -> list[str]:
    return [entry.text for entry in state.entries]


def test_the_same_fact_adds_nothing() -> None:
    state = remembering(fact("it rains"))
    assert state.remember([fact("it rains")], Author("bob", 9.0, "job-2")) == ()
    assert state.remember([fact("  it rains ")], Author("bob", 9.0, "job-2")) == ()
    assert state.entries[0].author == "ann"


def test_the_same_fact_twice_in_one_breath_is_one() -> None:
    events = AgentState().remember([fact("it rains"), fact("it rains")], Author("ann", 1.0))
    assert [event.type for event in events] == ["MemoryAdded"]


def test_the_same_words_in_another_section_are_another_fact() -> None:
    state = remembering(fact("it rains"), fact("it rains", section=Section.FOCUS))
    assert len({entry.id for entry in state.entries}) == 2


def test_an_older_fact_of_the_topic_leaves_with_the_reason() -> None:
    state = remembering(fact("it rains", "weather"))
    removed, added = state.remember([fact("it snows", "weather")], Author("ann", 2.0))
    assert isinstance(removed, MemoryRemoved)
    assert removed.why == "superseded: weather"
    assert isinstance(added, MemoryAdded)
    assert texts(state.apply_all([removed, added])) == ["it snows"]


def test_a_topic_is_one_of_its_section() -> None:
    state = remembering(fact("it rains", "weather"), fact("look at the sky", "weather", Section.FOCUS))
    assert texts(state) == ["it rains", "look at the sky"]


def test_without_a_topic_nothing_leaves() -> None:
    assert texts(remembering(fact("it rains"), fact("it snows"))) == ["it rains", "it snows"]


def test_what_was_forgotten_can_be_remembered_again() -> None:
    state = remembering(fact("it rains", "weather"), fact("it snows", "weather"), fact("it rains", "weather"))
    assert texts(state) == ["it rains"]
    assert state.version == 5


def test_removing_what_is_not_there_changes_the_version_only() -> None:
    state = remembering(fact("it rains"))
    after = state.apply(MemoryRemoved(entry_id="0" * 16, by="ann", why="x"))
    assert after == state.model_copy(update={"version": state.version + 1})
    restored = state.apply(FileRestored(path="memory.md", found=None, why="torn"))
    assert restored.entries == state.entries


def test_adding_what_is_there_changes_the_version_only() -> None:
    """Two writers that judged on the same memory: the fold takes the fact once."""
    entry = Entry(id="m1", section=Section.FOCUS, text="x", at=1.0, author="ann")
    state = AgentState().apply_all([MemoryAdded(entry=entry)] * 2)
    assert len(state.entries) == 1
    assert state.version == 2


@given(st.lists(FACTS, max_size=12))
def test_whatever_is_remembered_stands_once_and_topics_have_one(facts: list[Remembered]) -> None:
    state = remembering(*facts)
    ids = [entry.id for entry in state.entries]
    assert len(ids) == len(set(ids))
    topics = [(entry.section, entry.topic) for entry in state.entries if entry.topic]
    assert len(topics) == len(set(topics))
    if facts:
        known = {(entry.section, entry.text) for entry in state.entries}
        assert (facts[-1].section, facts[-1].text) in known
