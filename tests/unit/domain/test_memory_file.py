"""memory.md: what is written is read back, and what a person did to it becomes an edit, or a clear complaint."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Unreadable
from domain.memory import Entry, Remembered, Trust
from domain.memory_file import MemoryEdits, edits, parse, render
from domain.sections import Section

AT = datetime(2026, 11, 24, 8, 27, 31, tzinfo=UTC).timestamp()
MINUTE = AT - 31


def entry(text: str, section: Section = Section.FOCUS) -> Entry:
    return Entry(section=section, text=text, at=AT, author="ann")


def fact(text: str, section: Section = Section.FOCUS) -> Remembered:
    return Remembered(section=section, text=text, trust=Trust.PERSON)


BASE = (entry("Survey /srv/project"), entry("Mail goes to Bob", Section.DECISIONS), entry("Two\nlines"))
FILE = render("ann", 12, BASE)


def changes(text: str, base: tuple[Entry, ...] = BASE) -> MemoryEdits:
    return edits(base, parse(text))


odd = st.sampled_from(
    [
        "\n",
        "\r",
        "\t",
        " ",
        "&#55296;",
        "\xa0",
        "\0",
        "\x1c",
        "\x85",
        "\u2028",
        "\ufeff",
        "\u200d",
        "&#13;",
        "&",
        "#",
        "- ",
        "* ",
        "## Key Learnings",
        "\n## Current Focus",
        "_nothing yet_",
        "2026-11-24 08:27 · ",
        "<!-- longhaul",
    ]
)
texts = st.lists(odd | st.text(max_size=8), min_size=1, max_size=8).map("".join).filter(lambda text: text.strip() != "")
moments = st.integers(min_value=-62_135_596_800, max_value=250_000_000_000).map(float)
entries = st.lists(
    st.builds(Entry, section=st.sampled_from(Section), text=texts, at=moments, author=st.just("ann")),
    max_size=8,
    unique_by=lambda known: (known.section, known.text),
).map(tuple)


def test_the_file_looks_as_people_know_it() -> None:
    assert (
        FILE
        == """\
# Memory of ann

## Current Focus
- 2026-11-24 08:27 · Survey /srv/project
- 2026-11-24 08:27 · Two
  lines

## Recent Decisions
- 2026-11-24 08:27 · Mail goes to Bob

## Ongoing Projects
_nothing yet_

## Key Learnings
_nothing yet_

<!-- longhaul memory.md · agent ann · version 12 -->
"""
    )


@given(entries, st.integers(min_value=0, max_value=999_999_999))
def test_what_is_written_is_read_back(known: tuple[Entry, ...], version: int) -> None:
    file = parse(render("ann", version, known))
    expected = [(e.section, e.text, e.at - e.at % 60) for section in Section for e in known if e.section is section]
    assert (file.agent, file.version) == ("ann", version)
    assert [(line.section, line.text, line.at) for line in file.lines] == expected


@given(entries)
def test_no_line_ends_in_a_blank(known: tuple[Entry, ...]) -> None:
    lines = render("ann", 1, known).split("\n")
    assert lines == [line.rstrip() for line in lines]


@given(entries)
def test_an_untouched_file_changes_nothing(known: tuple[Entry, ...]) -> None:
    assert edits(known, parse(render("ann", 1, known))) == MemoryEdits()


@given(entries)
def test_an_editor_that_changes_blanks_and_line_ends_changes_nothing(known: tuple[Entry, ...]) -> None:
    touched = "\ufeff" + render("ann", 1, known).replace("\n", "  \r\n") + "\r\n \r\n"
    assert edits(known, parse(touched)) == MemoryEdits()


@given(entries, st.data())
def test_a_line_that_goes_is_the_entry_that_goes(known: tuple[Entry, ...], data: st.DataObject) -> None:
    kept = tuple(e for e in known if data.draw(st.booleans()))
    found = edits(known, parse(render("ann", 1, kept)))
    assert found == MemoryEdits(removed=tuple(e.id for e in known if e not in kept))


@pytest.mark.parametrize(
    "line",
    [
        "- remember this",
        "* remember this",
        "-  remember this  ",
        " - remember this",
        "remember this",
        "- 2026-11-25 10:00 · remember this",
        "- 2026-02-31 10:00 · remember this",
        "- remember this\n\n-\n- ",
    ],
)
def test_a_person_may_add_a_line_in_many_ways(line: str) -> None:
    touched = FILE.replace("## Recent Decisions\n", f"## Recent Decisions\n{line}\n")
    assert changes(touched) == MemoryEdits(added=(fact("remember this", Section.DECISIONS),))


def test_a_line_without_a_time_has_none() -> None:
    lines = parse(FILE.replace("_nothing yet_", "- mine", 1)).lines
    assert [line.at for line in lines] == [MINUTE, MINUTE, MINUTE, None]


def test_a_person_may_write_below_the_placeholder_and_over_several_lines() -> None:
    touched = FILE.replace("_nothing yet_", "_nothing yet_\n\n* first\n  - second\n\n  third\n\tfourth", 1)
    assert changes(touched).added == (fact("first\n- second\n\nthird\n\tfourth", Section.PROJECTS),)


def test_an_entry_moved_to_another_section_is_removed_and_added() -> None:
    line = "- 2026-11-24 08:27 · Mail goes to Bob\n"
    touched = FILE.replace(line, "").replace("## Key Learnings\n", f"## Key Learnings\n{line}")
    moved = fact("Mail goes to Bob", Section.LEARNINGS)
    assert changes(touched) == MemoryEdits(added=(moved,), removed=(BASE[1].id,))


def test_a_changed_text_is_removed_and_added() -> None:
    found = changes(FILE.replace("Bob", "Carol"))
    new = fact("Mail goes to Carol", Section.DECISIONS)
    assert found == MemoryEdits(added=(new,), removed=(BASE[1].id,), instead=((BASE[1].id, new),))


def test_a_changed_time_or_order_changes_nothing() -> None:
    assert changes(FILE.replace("08:27", "09:00")) == MemoryEdits()
    assert changes(render("ann", 12, BASE[::-1])) == MemoryEdits()


def test_a_line_written_twice_is_one_entry() -> None:
    assert changes(FILE.replace("_nothing yet_", "- new\n- new", 1)).added == (fact("new", Section.PROJECTS),)


def test_what_a_person_adds_can_be_stored() -> None:
    added = changes(FILE.replace("_nothing yet_", "- a\x1b[31mb &#0; c\u2028d &#9999999; &#55296;", 1)).added
    assert [one.text for one in added] == ["a [31mb   c d &#9999999; &#55296;"]


def test_a_text_too_long_for_one_entry_becomes_several() -> None:
    words = " ".join(f"word{n}" for n in range(500))
    added = changes(FILE.replace("_nothing yet_", f"- {words}", 1)).added
    assert len(added) == 2
    assert "".join(one.text for one in added).replace(" ", "") == words.replace(" ", "")


FOOTER = "<!-- longhaul memory.md · agent ann · version 12 -->"


@pytest.mark.parametrize(
    ("touched", "said"),
    [
        ("", "line 1: the last line must be Longhaul's comment with agent and version"),
        (FILE.replace(FOOTER, ""), "line 15: the last line must be"),
        (FILE.replace("version 12", "version twelve"), "the last line must be"),
        (FILE + "- below it\n", "line 18: the last line must be"),
        (FILE.replace("## Key Learnings\n", ""), "the heading '## Key Learnings' is missing"),
        (
            FILE.replace("Key Learnings", "Key Learning"),
            "line 14: there is no section 'Key Learning'; there are Current",
        ),
        (FILE.replace("Key Learnings", "Current Focus"), "line 14: the section 'Current Focus' is there twice"),
        (FILE.replace("## Current", "- mine\n\n## Current"), "line 3: text above the first section"),
        (FILE.replace("Bob", "\0\0"), "line 9: not text"),
        ("\x7fELF\x02\x01\x01\0\0\0", "line 1: not text"),
    ],
)
def test_another_document_is_unreadable_and_says_where(touched: str, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(touched)
    assert said in str(caught.value)
    assert "memory.md" in str(caught.value)


@given(st.text())
def test_any_text_is_read_or_unreadable(text: str) -> None:
    for candidate in (text, FILE.replace("_nothing yet_", text, 1)):
        try:
            changes(candidate)
        except Unreadable as error:
            assert "memory.md" in str(error)
