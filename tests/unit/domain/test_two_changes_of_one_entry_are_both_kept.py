"""A person's edit of memory.md meets what was changed since: both are kept and flagged, until one of them leaves."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.budget import fitting, size
from domain.compaction import Policy, compacted, due, extracted
from domain.disputes import disputes
from domain.facts import DAY
from domain.memory import AgentState, Author, Entry, MemoryRemoved, Remembered, Trust
from domain.memory_file import MemoryEdits, edits, parse, render
from domain.merge import merged, since
from domain.sections import Section
from domain.tokens import tokens

AGENT, PERSON = Author("job j", 2.0, "j", 3), Author("a person, in the file", 3.0)


def fact(text: str, topic: str = "", **more: Any) -> Remembered:
    return Remembered(section=Section.LEARNINGS, text=text, topic=topic, **more)


def started(*facts: Remembered) -> AgentState:
    return AgentState().apply_all(AgentState().remember(facts, Author("ann", 1.0)))


def told(base: AgentState, memory: AgentState, *swaps: tuple[str, str]) -> AgentState:
    """The memory after a person replaced words in the file of `base`."""
    text = render("agent", base.version, base.entries)
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    found = edits(base.entries, parse(text))
    return memory.apply_all(merged(memory, base, found, since(base, ()), PERSON))


def learnt(memory: AgentState, text: str, topic: str) -> AgentState:
    return memory.apply_all(memory.remember([fact(text, topic)], AGENT))


def ids(memory: AgentState) -> list[tuple[str, ...]]:
    return [tuple(entry.id for entry in dispute) for dispute in disputes(memory.entries)]


BASE = started(fact("Go 1.25 builds it", "go"), fact("Eve deploys"))


def test_a_persons_change_of_what_the_agent_changed_meanwhile_is_flagged() -> None:
    after = told(BASE, learnt(BASE, "Go 1.26 builds it", "go"), ("1.25", "1.27"))
    assert [entry.text for entry in after.entries] == ["Eve deploys", "Go 1.26 builds it", "Go 1.27 builds it"]
    assert ids(after) == [("m4", "m5")]
    assert after.entries[-1].trust is Trust.PERSON
    lines = [line for line in render("ann", 1, after.entries).split("\n") if "disputed" in line]
    assert lines == [
        "- 1970-01-01 00:00 [disputed 1] · Go 1.26 builds it",
        "- 1970-01-01 00:00 [disputed 1] · Go 1.27 builds it",
    ]


def test_the_flag_goes_when_one_of_them_is_forgotten_or_both_are_superseded() -> None:
    after = told(BASE, learnt(BASE, "Go 1.26 builds it", "go"), ("1.25", "1.27"))
    for gone in ("m4", "m5"):
        assert ids(after.apply_all(after.forget([gone], "ann"))) == []
    settled = learnt(after, "Go 1.28 builds it", "go")
    assert [entry.text for entry in settled.entries] == ["Eve deploys", "Go 1.28 builds it"]
    assert ids(settled) == []


def test_what_nobody_else_changed_is_replaced_and_keeps_its_topic() -> None:
    after = told(BASE, learnt(BASE, "it rains", "weather"), ("1.25", "1.27"))
    new = after.entries[-1]
    assert (new.text, new.topic, new.supersedes) == ("Go 1.27 builds it", "go", ("m1",))
    assert ids(after) == []


def test_several_changes_in_a_row_are_one_line_of_succession() -> None:
    memory = learnt(learnt(BASE, "Go 1.26 builds it", "go"), "Go 1.26.1 builds it", "go")
    found = edits(BASE.entries, parse(render("agent", 2, BASE.entries).replace("1.25", "1.27")))
    history = [*BASE.remember([fact("Go 1.26 builds it", "go")], AGENT)]
    middle = BASE.apply_all(history)
    history += middle.remember([fact("Go 1.26.1 builds it", "go")], AGENT)
    after = memory.apply_all(merged(memory, BASE, found, since(BASE, history), PERSON))
    assert [entry.text for entry in disputes(after.entries)[0]] == ["Go 1.26.1 builds it", "Go 1.27 builds it"]


def test_two_people_who_change_the_same_line_are_flagged_too() -> None:
    after = told(BASE, told(BASE, BASE, ("Eve", "Bob")), ("Eve", "Ann"))
    assert [entry.text for entry in disputes(after.entries)[0]] == ["Bob deploys", "Ann deploys"]


def test_a_line_that_goes_while_it_was_changed_leaves_the_change_and_is_said() -> None:
    memory = learnt(BASE, "Go 1.26 builds it", "go")
    text = "\n".join(line for line in render("agent", 2, BASE.entries).split("\n") if "1.25" not in line)
    events = merged(memory, BASE, edits(BASE.entries, parse(text)), {}, PERSON)
    assert events == (
        MemoryRemoved(entry_id="m1", by=PERSON.name, why="removed, but m4 had taken its place, and stays"),
    )
    assert memory.apply_all(events).entries == memory.entries


def test_a_change_of_what_was_compacted_meanwhile_stands_against_the_summary() -> None:
    base = started(*(fact(f"Build {number} took {number} minutes.") for number in range(9)))
    now = 9 * DAY
    (found,) = due(base, Policy(), now)
    memory = base.apply_all(compacted(base, [extracted(found)], now))
    after = told(base, memory, ("Build 4 took 4", "Build 4 took 40"))
    (dispute,) = disputes(after.entries)
    assert [entry.author for entry in dispute] == ["extraction", PERSON.name]
    assert due(after, Policy(), now + 9 * DAY) == (), "what is disputed is not summarised"


def test_a_line_beside_the_changed_one_is_no_part_of_it() -> None:
    memory = learnt(BASE, "Go 1.26 builds it", "go")
    line = "- 1970-01-01 00:00 · Go 1.25 builds it"
    after = told(BASE, memory, (line, "- Mail goes to Bob\n- Go 1.27 builds it\n- Bob is away"))
    assert [entry.text for entry in disputes(after.entries)[0]] == ["Go 1.26 builds it", "Go 1.27 builds it"]
    assert {"Mail goes to Bob", "Bob is away"} < {entry.text for entry in after.entries}


def test_a_rollback_takes_the_flag_with_it_and_brings_it_back() -> None:
    before = learnt(BASE, "Go 1.26 builds it", "go")
    after = told(BASE, before, ("1.25", "1.27"))
    back = after.apply_all(after.roll_back(before, "ann", "x"))
    assert ids(back) == []
    assert ids(back.apply_all(back.roll_back(after, "ann", "x"))) == ids(after) != []


ENTRIES = st.lists(
    st.builds(
        Entry,
        section=st.sampled_from(Section),
        text=st.text(min_size=1, max_size=30).filter(lambda text: bool(text.strip())) | st.just(" [disputed 1] · x"),
        at=st.just(60.0),
        author=st.just("ann"),
        supersedes=st.lists(st.sampled_from(["m1", "m2", "m3"]), max_size=2, unique=True).map(tuple),
    ),
    max_size=8,
    unique_by=lambda entry: (entry.section, entry.text),
).map(lambda made: tuple(entry.model_copy(update={"id": f"m{n}"}) for n, entry in enumerate(made, 10)))


@given(ENTRIES)
def test_what_is_written_with_flags_is_read_back(entries: tuple[Entry, ...]) -> None:
    text = render("ann", 1, entries)
    expected = [(e.section, e.text, e.at) for section in Section for e in entries if e.section is section]
    assert [(line.section, line.text, line.at) for line in parse(text).lines] == expected
    assert edits(entries, parse(text)) == MemoryEdits()
    assert size(AgentState(agent="ann", version=1, entries=entries)) == tokens(text)
    assert (":01 [disputed " in text) == bool(disputes(entries))


def test_flags_count_in_the_budget() -> None:
    wide = started(*(fact(f"fact {number} " + "word " * 20) for number in range(4)), fact("Go 1.25 builds it", "go"))
    memory = learnt(wide, "Go 1.26 builds it", "go")
    found = edits(wide.entries, parse(render("agent", 5, wide.entries).replace("1.25", "1.27")))
    state, limit = memory, size(memory) + 16
    events = fitting(memory, merged(memory, wide, found, {}, PERSON), limit)
    for event in events:
        state = state.apply(event)
        assert size(state) <= limit
    assert disputes(state.entries)
    assert len(state.entries) == 5, "one had to make room for the flags"
