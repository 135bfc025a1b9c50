"""TODO.md: what is written is read back, and what a person did to it becomes one event a job, or a clear complaint."""

import re
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Unreadable
from domain.events import JobCancelled, JobOpened, JobRequested, TodoEdited
from domain.job import JobState
from domain.todo import DroppedItem, ItemStatus, PlanItem, TodoItem
from domain.todo_file import MARK, JobTodo, edits, parse, render
from domain.vague import why_vague

AT = datetime(2026, 11, 24, 8, 30, 59, tzinfo=UTC).timestamp()
PENDING, WORKING, DONE = ItemStatus.PENDING, ItemStatus.IN_PROGRESS, ItemStatus.COMPLETED


def item(name: str, text: str, status: ItemStatus = PENDING, at: float = AT) -> TodoItem:
    return TodoItem(item=name, text=text, status=status, completed_at=at if status is DONE else None)


def todo(
    job: str, *items: TodoItem, ended: bool = False, goal: str = "Survey /srv/project", version: int = 12
) -> JobTodo:
    return JobTodo(job=job, goal=goal, version=version, ended=ended, items=items)


LISTED = item("list", "List the files", DONE)
SRC = item("src", "Read src (34 files)", WORKING)
REPORT = item("report", "Write report.md")
SURVEY = todo("survey", LISTED, SRC, REPORT)
OTHER = todo("other", item("a", "Look"), version=3)
ENDED = todo("old", item("z", "Write it", DONE), item("y", "Never done"), ended=True, version=40)
BASE = (SURVEY, OTHER, ENDED)
FILE = render("ann", BASE)
DROPPED = "removed from TODO.md by hand"


def changes(text: str, base: tuple[JobTodo, ...] = BASE) -> dict[str, TodoEdited]:
    return edits(base, parse(text), by="bob", at=AT)


def by_hand(text: str) -> PlanItem:
    return PlanItem(item=f"by-hand-{sha256(text.encode()).hexdigest()[:8]}", text=text, vague=why_vague(text))


odd = st.sampled_from(
    [
        " ",
        "\xa0",
        "\x85",
        "\u2028",
        "\ufeff",
        "\u200d",
        "&#32;",
        "&",
        "- ",
        "[x] ",
        "## ",
        "### survey",
        "_nothing_",
        MARK,
        f" {MARK}",
        "←",
        "- [ ] ",
        "(old)",
        " · 1 of 2",
    ]
)
plain = st.text(st.characters(exclude_characters="\x7f", exclude_categories=["Cs"], min_codepoint=32), max_size=8)
texts = st.lists(odd | plain, min_size=1, max_size=6).map("".join).filter(bool)
statuses = st.sampled_from(ItemStatus)
progress = st.sampled_from([(None, 0), (7, 0), (7, 5)])
lists = st.lists(st.tuples(texts, statuses, progress), max_size=6, unique_by=lambda each: each[0]).map(
    lambda found: tuple(
        item(f"i{n}", text, status).model_copy(update={"parts": parts, "parts_done": done})
        for n, (text, status, (parts, done)) in enumerate(found)
    )
)
jobs = st.lists(
    st.builds(
        JobTodo,
        job=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True),
        goal=st.lists(odd | st.text(max_size=50), max_size=5).map("".join),
        version=st.integers(min_value=0, max_value=999_999_999),
        ended=st.booleans(),
        items=lists,
    ),
    max_size=4,
    unique_by=lambda one: one.job,
).map(tuple)


def test_an_item_of_many_parts_shows_how_far_it_is() -> None:
    rows = item("mail", "Mail rows 1 to 100", WORKING).model_copy(update={"parts": 100, "parts_done": 37})
    base = (todo("mailing", rows),)
    text = render("ann", base)
    assert f"- [ ] Mail rows 1 to 100 · 37 of 100 {MARK}\n" in text
    assert changes(text, base) == {}
    assert changes(text.replace("37 of", "12 of"), base) == {}, "only a tick is an edit"


def test_the_file_looks_as_people_know_it() -> None:
    assert (
        FILE
        == """\
# TODO of ann

## Current Tasks
### survey · Survey /srv/project
- [x] List the files
- [ ] Read src (34 files) ← CURRENTLY WORKING ON THIS
- [ ] Write report.md
### other · Survey /srv/project
- [ ] Look

## Completed
- [x] 2026-11-24 08:30 · Write it (old)

<!-- longhaul TODO.md · agent ann · jobs survey@12 other@3 old@40 -->
"""
    )


def test_an_empty_file_says_so_and_is_read() -> None:
    text = render("ann", ())
    assert text.count("_nothing_\n") == 2
    assert "· jobs -->" in text
    assert changes(text, ()) == {}


def test_a_goal_is_one_line_of_eighty_characters() -> None:
    text = render("ann", [todo("a", REPORT, goal="many\nwords " * 30)])
    heading = next(line for line in text.splitlines() if line.startswith("### "))
    assert len(heading.removeprefix("### a · ")) == 80
    assert heading.startswith("### a · many words many")
    assert heading.endswith("…")


def test_the_twenty_items_completed_last_are_shown_newest_first() -> None:
    items = [item(f"i{n}", f"text {n}", DONE, at=AT + 60 * (n * 7 % 25)) for n in range(25)]
    lines = [line for line in render("ann", [todo("a", *items, ended=True)]).splitlines() if line.startswith("- [x]")]
    assert len(lines) == 20
    assert lines == sorted(lines, reverse=True)


def test_a_job_is_listed_from_its_state() -> None:
    asked = JobRequested(job="a", agent="ann", job_type="survey", goal="Go", requested_by="bob")
    state = JobState().apply_all([asked, JobOpened(at=AT)])
    assert JobTodo.of(state) == JobTodo(job="a", goal="Go", version=2, ended=False, items=())
    assert JobTodo.of(state.apply(JobCancelled(by="bob"))).ended


@given(jobs)
def test_what_is_written_is_read_back(base: tuple[JobTodo, ...]) -> None:
    file = parse(render("ann", base))
    assert file.versions == {job.job: job.version for job in base}
    found = {block.job: [(line.text, line.ticked) for line in block.lines] for block in file.jobs if block.lines}
    shown = {job.job: [(i.text, i.status is DONE) for i in job.items] for job in base if not job.ended and job.items}
    assert found == shown


@given(jobs)
def test_an_untouched_file_changes_nothing(base: tuple[JobTodo, ...]) -> None:
    assert changes(render("ann", base), base) == {}


@given(jobs)
def test_an_editor_that_changes_blanks_and_line_ends_changes_nothing(base: tuple[JobTodo, ...]) -> None:
    touched = "\ufeff" + re.sub(r"(?m)^- \[x\]", "- [X]", render("ann", base)).replace("\n", " \r\n\r\n")
    assert changes(touched, base) == {}


@given(jobs, st.data())
def test_an_edit_is_what_the_person_left(base: tuple[JobTodo, ...], data: st.DataObject) -> None:
    """Removed, moved and ticked at will: the event's order is the file's, and what was done stays."""
    left = tuple(job.model_copy(update={"items": tuple(_edited(job.items, data))}) for job in base)
    footer = render("ann", base).splitlines()[-1]
    touched = "\n".join([*render("ann", left).splitlines()[:-1], footer])
    found = changes(touched, base)
    for job, wanted in zip(base, left, strict=True):
        if job.job in found:
            _check(job, wanted, found[job.job])


def _edited(items: tuple[TodoItem, ...], data: st.DataObject) -> list[TodoItem]:
    kept = [one for one in data.draw(st.permutations(items)) if data.draw(st.booleans())]
    return [one.model_copy(update={"status": DONE}) if data.draw(st.booleans()) else one for one in kept]


def _check(job: JobTodo, wanted: JobTodo, edit: TodoEdited) -> None:
    done = {one.item for one in job.items if one.status is DONE}
    left = [one.item for one in wanted.items]
    assert [name for name in edit.order if name in left] == left
    assert set(edit.order) == {*left, *done}
    assert {gone.item for gone in edit.dropped} == {one.item for one in job.items} - {*left, *done}
    assert set(edit.ticked) == {one.item for one in wanted.items if one.status is DONE} - done
    assert edit.added == ()


@pytest.mark.parametrize(
    "line",
    ["- [ ] Ask Bob", "* [ ] Ask Bob", "- Ask Bob", "  - [ ] Ask  Bob", "Ask Bob", "- [] Ask\x1bBob", "- Ask\n  Bob"],
)
def test_a_person_may_add_an_item_in_many_ways(line: str) -> None:
    new = by_hand("Ask Bob")
    found = changes(FILE.replace("- [ ] Write report.md", f"{line}\n- [ ] Write report.md"))
    order = ("list", "src", new.item, "report")
    assert found == {"survey": TodoEdited(by="bob", added=(new,), order=order, at=AT)}


def test_an_item_may_be_added_ticked() -> None:
    new = by_hand("Asked Bob")
    found = changes(FILE.replace("- [ ] Look", "- [ ] Look\n- [x] Asked Bob"))
    assert found == {"other": TodoEdited(by="bob", added=(new,), ticked=(new.item,), order=("a", new.item), at=AT)}


def test_a_ticked_item_is_ticked_with_or_without_its_arrow() -> None:
    expected = {"survey": TodoEdited(by="bob", ticked=("src",), order=("list", "src", "report"), at=AT)}
    ticked = FILE.replace("- [ ] Read src", "- [X] Read src")
    assert changes(ticked) == changes(ticked.replace(f" {MARK}", "")) == expected


def test_the_arrow_may_be_moved_or_removed_and_nothing_changes() -> None:
    without = FILE.replace(f" {MARK}", "")
    assert changes(without) == {}
    assert changes(without.replace("report.md", f"report.md {MARK}")) == {}


def test_a_removed_item_is_dropped_and_says_why() -> None:
    dropped = (DroppedItem(item="report", why=DROPPED),)
    found = changes(FILE.replace("- [ ] Write report.md\n", ""))
    assert found == {"survey": TodoEdited(by="bob", dropped=dropped, order=("list", "src"), at=AT)}


def test_a_changed_text_is_dropped_and_added_in_its_place() -> None:
    new = by_hand("Read src (35 files)")
    (edit,) = changes(FILE.replace("(34", "(35")).values()
    assert edit.added == (new,)
    assert edit.dropped == (DroppedItem(item="src", why=DROPPED),)
    assert edit.order == ("list", new.item, "report")


def test_a_new_order_is_kept() -> None:
    moved = SURVEY.model_copy(update={"items": (REPORT, LISTED, SRC)})
    found = changes(render("ann", (moved, OTHER, ENDED)))
    assert found == {"survey": TodoEdited(by="bob", order=("report", "list", "src"), at=AT)}


def test_what_is_done_is_neither_unticked_nor_removed() -> None:
    assert changes(FILE.replace("- [x] List", "- [ ] List")) == {}
    assert changes(FILE.replace("- [x] List the files\n", "")) == {}


def test_the_completed_section_is_not_an_editor() -> None:
    assert changes(FILE.replace("- [x] 2026-11-24 08:30 · Write it (old)", "- [ ] anything\nelse")) == {}


def test_a_line_above_all_headings_goes_to_the_first_open_job() -> None:
    found = changes(FILE.replace("## Current Tasks\n", "## Current Tasks\n- [ ] Ask Bob\n"), (ENDED, SURVEY, OTHER))
    assert {job: edit.added for job, edit in found.items()} == {"survey": (by_hand("Ask Bob"),)}
    base = (todo("unplanned"), OTHER)
    found = changes(render("ann", base).replace("## Current Tasks\n", "## Current Tasks\n- [ ] Ask Bob\n"), base)
    assert list(found) == ["other"], "the first job that the file shows"


def test_a_line_for_an_ended_job_or_for_nobody_changes_nothing() -> None:
    assert changes(FILE.replace("### other", "### old\n- [ ] Again\n### other")) == {}
    assert changes(render("ann", [ENDED]).replace("_nothing_", "- [ ] Again", 1), (ENDED,)) == {}


def test_a_job_that_has_no_items_yet_can_be_given_some() -> None:
    base = (todo("new"),)
    found = changes(render("ann", base).replace("_nothing_", "- [ ] Begin", 1), base)
    assert found == {"new": TodoEdited(by="bob", added=(by_hand("Begin"),), order=(by_hand("Begin").item,), at=AT)}


def test_a_job_that_the_file_does_not_name_is_left_alone() -> None:
    assert changes(FILE, (*BASE, todo("younger", item("k", "Keep")))) == {}


def test_an_item_that_was_done_and_planned_anew_is_not_ticked_by_its_namesake() -> None:
    base = (todo("a", item("one", "Read", DONE), item("two", "Read")),)
    assert changes(render("ann", base), base) == {}
    (edit,) = changes(render("ann", base).replace("[ ]", "[x]"), base).values()
    assert edit.ticked == ("two",)


def test_items_that_differ_only_in_their_blanks_are_told_apart() -> None:
    one, two = item("one", "a b"), item("two", "a  b")
    assert changes(render("ann", [todo("a", one, two)]), (todo("a", one, two),)) == {}
    (edit,) = changes(render("ann", [todo("a", two, one)]), (todo("a", one, two),)).values()
    assert edit == TodoEdited(by="bob", order=("two", "one"), at=AT)


def test_a_line_written_twice_is_one_item() -> None:
    assert changes(FILE.replace("- [ ] Look", "- [x] Look\n- [ ] Look"))["other"].ticked == ("a",)
    assert changes(FILE.replace("- [ ] Look", "- [ ] Look\n- [ ] Look")) == {}


def test_an_added_text_is_cut_to_what_an_item_holds() -> None:
    (edit,) = changes(FILE.replace("- [ ] Look", "- [ ] Look\n- [ ] " + "long " * 100)).values()
    assert len(edit.added[0].text) <= 300


def test_people_may_use_emoji_that_are_joined() -> None:
    family = "Ask the 👨‍👩‍👧"
    (edit,) = changes(FILE.replace("- [ ] Look", f"- [ ] Look\n- [ ] {family}")).values()
    assert edit.added == (by_hand(family),)


@pytest.mark.parametrize(
    ("touched", "said"),
    [
        ("", "line 1: the last line must be Longhaul's comment with jobs and versions"),
        (FILE.replace("survey@12", "survey"), "the last line must be"),
        (FILE + "- [ ] below\n", "line 15: the last line must be"),
        (FILE.replace("## Completed\n", ""), "the heading '## Completed' is missing"),
        (FILE.replace("## Completed", "## Done"), "line 11: there is no section 'Done'; there are Current Tasks, Comp"),
        (FILE.replace("## Completed", "## Current Tasks"), "line 11: the section 'Current Tasks' is there twice"),
        (FILE.replace("### survey", "### survy"), "names no job of this file; its jobs are survey, other, old"),
        (FILE.replace("## Current", "- [ ] mine\n\n## Current"), "line 3: text above the first section"),
        (FILE.replace("Look", "\0"), "line 9: not text"),
    ],
)
def test_another_document_is_unreadable_and_says_where(touched: str, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(touched)
    assert said in str(caught.value)
    assert "TODO.md" in str(caught.value)


@given(st.text())
def test_any_text_is_read_or_unreadable(text: str) -> None:
    for candidate in (text, FILE.replace("Look", text)):
        try:
            changes(candidate)
        except Unreadable as error:
            assert "TODO.md" in str(error)
