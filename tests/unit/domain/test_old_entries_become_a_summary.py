"""Compaction: what is due, what a summary says, and that it changes nothing but its sources."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.budget import fitting, size
from domain.compaction import SECTIONS, Due, Policy, compacted, due, extracted, worded
from domain.errors import InvalidAnswer
from domain.facts import DAY
from domain.memory import (
    AgentState,
    Author,
    MemoryAdded,
    MemoryArchived,
    MemoryRolledBack,
    Remembered,
    Trust,
)
from domain.memory_file import parse, render
from domain.sections import Section
from domain.tokens import tokens

NOW = 1_800_000_000.0
OLD, YOUNG = NOW - 10 * DAY, NOW - DAY
POLICY = Policy(days=3, entries=8)

WORDS = st.sampled_from(["Go builds it.", "Eve deploys", "2026-01-02: x", "日本", "\n", "42", "&#13;", "\x1c"])
TEXTS = st.lists(WORDS | st.text(max_size=30), min_size=1, max_size=12).map(" ".join)
FACTS = st.builds(
    Remembered,
    section=st.sampled_from([Section.LEARNINGS, Section.LEARNINGS, Section.PROJECTS]),
    text=TEXTS.filter(lambda text: bool(text.strip())),
    topic=st.sampled_from(["", "", "", "go"]),
    trust=st.sampled_from([Trust.OWN, Trust.OWN, Trust.PERSON, Trust.WEB]),
    pinned=st.sampled_from([False, False, False, False, True]),
    expires_at=st.sampled_from([None, None, None, NOW + 9]),
)


def remembered(*facts: Remembered, at: float = OLD, state: AgentState | None = None) -> AgentState:
    state = state or AgentState()
    for number, fact in enumerate(facts):
        state = state.apply_all(state.remember([fact], Author("ann", at + 60.0 * number)))
    return state


def notes(count: int = 12, section: Section = Section.LEARNINGS, **more: Any) -> tuple[Remembered, ...]:
    texts = (f"Build {n} of the parser took {n} minutes. It ran on host h{n}." for n in range(count))
    return tuple(Remembered.model_validate({"section": section, "text": text, **more}) for text in texts)


@settings(max_examples=150, deadline=None)
@given(st.lists(FACTS, min_size=8, max_size=30))
def test_it_names_its_sources_keeps_the_budget_and_changes_nothing_else(facts: list[Remembered]) -> None:
    state = remembered(*facts)
    found = due(state, POLICY, NOW)
    summaries = [extracted(each) for each in found]
    events = compacted(state, summaries, NOW)
    after = state.apply_all(events)
    gone = {event.entry_id for event in events if isinstance(event, MemoryArchived)}
    came = [entry for entry in after.entries if entry not in state.entries]
    assert [entry for entry in after.entries if entry not in came] == [e for e in state.entries if e.id not in gone]
    assert {each for entry in came for each in entry.supersedes} == gone == {s.id for d in found for s in d.sources}
    for each, entry in zip(found, came, strict=True):
        assert (entry.section, entry.trust, entry.author) == (each.section, Trust.OWN, "extraction")
        assert tokens(entry.text) <= each.most
        assert all(not s.pinned and not s.trust.is_theirs and not s.topic and not s.expires_at for s in each.sources)
        assert f"Summary of {len(each.sources)} entries ({each.sources[0].id} to {each.sources[-1].id}):" in entry.text
    assert size(after) <= size(state)
    assert fitting(state, events, max(size(state), 200)) == events, "it makes its own room"
    texts = {line.text for line in parse(render("ann", 1, after.entries)).lines}
    assert texts >= {entry.text for entry in came}
    assert extracted(found[0]) == summaries[0] if found else events == ()


@pytest.mark.parametrize("section", [section for section in Section if section not in SECTIONS])
def test_goals_and_rules_are_never_touched(section: Section) -> None:
    assert due(remembered(*notes(30, section)), POLICY, NOW) == ()


@pytest.mark.parametrize("more", [{"pinned": True}, {"expires_at": NOW + 99}, {"trust": "web"}, {"trust": "tool"}])
def test_what_may_not_be_said_in_other_words_is_not_due(more: dict[str, Any]) -> None:
    assert due(remembered(*notes(30, **more)), POLICY, NOW) == ()


def test_what_has_a_topic_is_not_due() -> None:
    facts = (note.model_copy(update={"topic": f"t{n}"}) for n, note in enumerate(notes(30)))
    assert due(remembered(*facts), POLICY, NOW) == ()


def test_enough_entries_must_be_old_enough() -> None:
    assert due(remembered(*notes(7)), POLICY, NOW) == ()
    assert due(remembered(*notes(8), at=YOUNG), POLICY, NOW) == ()
    mixed = remembered(*notes(20)[8:], at=YOUNG, state=remembered(*notes(8)))
    (found,) = due(mixed, POLICY, NOW)
    assert [entry.id for entry in found.sources] == [f"m{n}" for n in range(1, 9)]


def test_the_oldest_go_into_one_summary_and_the_rest_waits() -> None:
    (found,) = due(remembered(*notes(60)), POLICY, NOW)
    assert [entry.id for entry in found.sources] == [f"m{n}" for n in range(1, 41)]


def test_sections_are_not_mixed() -> None:
    state = remembered(*notes(10, Section.PROJECTS), *notes(10))
    found = due(state, POLICY, NOW)
    assert [each.section for each in found] == [Section.PROJECTS, Section.LEARNINGS]
    assert all(source.section is each.section for each in found for source in each.sources)


def _due() -> tuple[AgentState, Due]:
    state = remembered(*notes())
    (found,) = due(state, POLICY, NOW)
    return state, found


def test_what_was_added_meanwhile_stays() -> None:
    state, found = _due()
    later = remembered(*notes(20)[12:], at=YOUNG, state=state)
    after = later.apply_all(compacted(later, [extracted(found)], NOW))
    assert [entry.id for entry in after.entries] == [*(f"m{n}" for n in range(13, 21)), "m33"]


@pytest.mark.parametrize("change", ["forget", "pin"])
def test_it_is_given_up_when_a_source_was_changed_meanwhile(change: str) -> None:
    state, found = _due()
    events = state.forget(["m3"], "bob") if change == "forget" else state.pin(["m3"], "bob")
    later = state.apply_all(events)
    assert compacted(later, [extracted(found)], NOW) == ()


def test_it_is_done_once() -> None:
    state, found = _due()
    after = state.apply_all(compacted(state, [extracted(found), extracted(found)], NOW))
    assert len(after.entries) == 1
    assert due(after, POLICY, NOW) == ()


def test_a_rollback_restores_the_sources_and_they_stay() -> None:
    state, found = _due()
    after = state.apply_all(compacted(state, [extracted(found)], NOW))
    back = after.apply_all(after.roll_back(state, "ann", "too short"))
    assert back.entries == state.entries
    assert render("ann", 1, back.entries) == render("ann", 1, state.entries)
    assert due(back, POLICY, NOW) == ()
    more = remembered(*notes(20)[12:], state=back)
    assert [entry.id for each in due(more, POLICY, NOW) for entry in each.sources] == [
        f"m{back.version + n}" for n in range(1, 9)
    ]


def test_a_rollback_of_something_else_leaves_the_rest_due() -> None:
    state = remembered(*notes())
    later = remembered(*notes(13)[12:], state=state)
    back = later.apply_all(later.roll_back(state, "ann", "x"))
    assert isinstance(later.roll_back(state, "ann", "x")[-1], MemoryRolledBack)
    assert len(due(back, POLICY, NOW)[0].sources) == 12


def test_the_extract_says_what_tells_most_by_day() -> None:
    texts = [f"We met. The parser of part {n} was rewritten in Go 1.{n}." for n in range(10)]
    state = remembered(*(Remembered(section=Section.LEARNINGS, text=text) for text in texts))
    (found,) = due(state, POLICY, NOW)
    head, day = extracted(found).entry(NOW).text.split("\n")
    assert head == "Summary of 10 entries (m1 to m10):"
    assert day.startswith("2027-01-05: ")
    assert day.count("The parser of part") >= 5
    assert day.count("We met") <= 1, "it stands in every one of them, and so tells nothing apart"


def test_a_summary_of_summaries_keeps_their_days_and_loses_their_heads() -> None:
    state, found = _due()
    once = state.apply_all(compacted(state, [extracted(found)], NOW))
    later = NOW + 10 * DAY
    more = remembered(*notes(20)[12:], at=NOW, state=once)
    (again,) = due(more, POLICY, later)
    assert again.sources[0].supersedes
    text = extracted(again).entry(later).text
    assert text.count("Summary of") == 1
    assert "2027-01-05: " in text
    assert "2027-01-15: " in text


def test_one_endless_word_is_cut() -> None:
    facts = (Remembered(section=Section.LEARNINGS, text=f"{n}" + "日" * 1500) for n in range(8))
    (found,) = due(remembered(*facts), POLICY, NOW)
    text = extracted(found).entry(NOW).text
    assert text.endswith("日…")
    assert tokens(text) <= found.most


def test_a_models_words_are_one_entry_within_the_bound_or_refused() -> None:
    _, found = _due()
    summary = worded(found, "  All builds passed.\n\n # They took\t12 minutes. \0\n", "openai:x")
    entry = summary.entry(NOW)
    assert entry.text.split("\n")[1:] == ["All builds passed.", "# They took 12 minutes."]
    assert (entry.author, entry.trust) == ("openai:x", Trust.OWN)
    (line,) = parse(render("ann", 1, [entry])).lines
    assert line.text == entry.text
    for wrong, said in [(" \n", "empty"), ("word " * 600, "at most"), ("x" * 1999, "at most")]:
        with pytest.raises(InvalidAnswer, match=said):
            worded(found, wrong, "openai:x")


def test_the_events_say_who_made_it_and_why_no_model_did() -> None:
    state, found = _due()
    by_model = compacted(state, [worded(found, "All passed.", "openai:x")], NOW)
    by_rule = compacted(state, [extracted(found, why="the model was down")], NOW)
    assert {e.why for e in by_model if isinstance(e, MemoryArchived)} == {"compacted by openai:x"}
    assert {e.why for e in by_rule if isinstance(e, MemoryArchived)} == {"compacted by extraction: the model was down"}
    assert [e.entry.author for e in (*by_model, *by_rule) if isinstance(e, MemoryAdded)] == ["openai:x", "extraction"]
