"""TODO.md as text: written from the lists of an agent's jobs, read back after a person has edited it.

    # TODO of ann

    ## Current Tasks
    ### survey-1a2b · Survey /srv/project
    - [x] List the files of /srv/project
    - [ ] Read src (34 files) ← CURRENTLY WORKING ON THIS
    - [ ] Write report.md

    ## Completed
    - [x] 2026-11-24 08:30 · Write report.md (survey-0f9e)

    <!-- longhaul TODO.md · agent ann · jobs survey-1a2b@12 survey-0f9e@40 -->

The last line names the version of each job's stream that a person started from. An item is known by its text within its
job. `edits(base, parse(render(base)))` is empty.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from domain.errors import Unreadable
from domain.events import TodoEdited
from domain.frozen import Frozen
from domain.job import JobState
from domain.todo import DroppedItem, ItemStatus, PlanItem, TodoItem

MARK = "← CURRENTLY WORKING ON THIS"
NOTHING = "_nothing_"
COMPLETED_SHOWN = 20
FOOTER = re.compile(r"<!-- longhaul TODO\.md · agent ([a-z0-9_-]+) · jobs((?: [a-z0-9_-]+@\d{1,9})*) -->")
BULLET = re.compile(r"[-*] \[([ xX])\] (.*)")
SECTIONS = ("Current Tasks", "Completed")


class JobTodo(Frozen):
    """One job's list, at a version of the job's stream."""

    job: str
    goal: str
    version: int
    ended: bool
    items: tuple[TodoItem, ...]

    @classmethod
    def of(cls, state: JobState) -> "JobTodo":
        """The list of a job's state."""
        assert state.asked is not None
        ended = state.end is not None
        return cls(job=state.asked.job, goal=state.asked.goal, version=state.version, ended=ended, items=state.todo)


class TodoLine(Frozen):
    """One item of the file."""

    text: str
    ticked: bool


class TodoFile(Frozen):
    """A TODO.md that was read: the versions it names, and the current lines of each job (None: under no job)."""

    agent: str
    versions: dict[str, int]
    lines: tuple[tuple[str | None, TodoLine], ...]


def render(agent: str, jobs: Iterable[JobTodo]) -> str:
    """The file for the lists of an agent's jobs."""
    shown = tuple(jobs)
    current = [_job(job) for job in shown if not job.ended and job.items]
    done = sorted(
        (
            (item.completed_at or 0.0, item.text, job.job)
            for job in shown
            if job.ended
            for item in job.items
            if _done(item)
        ),
        reverse=True,
    )
    completed = [f"- [x] {_moment(at)} · {text} ({job})" for at, text, job in done[:COMPLETED_SHOWN]]
    versions = "".join(f" {job.job}@{job.version}" for job in shown)
    return "\n".join(
        [
            f"# TODO of {agent}\n",
            "## Current Tasks\n" + ("\n".join(current) or NOTHING) + "\n",
            "## Completed\n" + ("\n".join(completed) or NOTHING) + "\n",
            f"<!-- longhaul TODO.md · agent {agent} · jobs{versions} -->\n",
        ]
    )


def _job(job: JobTodo) -> str:
    goal = " ".join(job.goal.split())
    heading = f"### {job.job} · {goal if len(goal) <= 80 else goal[:79] + '…'}"
    return "\n".join([heading, *(_item(item) for item in job.items)])


def _item(item: TodoItem) -> str:
    mark = f" {MARK}" if item.status is ItemStatus.IN_PROGRESS else ""
    return f"- [{'x' if _done(item) else ' '}] {item.text}{mark}"


def _done(item: TodoItem) -> bool:
    return item.status is ItemStatus.COMPLETED


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def parse(text: str) -> TodoFile:
    """The file that the text holds. Raises `Unreadable` with the place and what would be right."""
    lines = [line.rstrip() for line in text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    footer = FOOTER.fullmatch(lines[-1]) if lines else None
    if footer is None:
        raise Unreadable("TODO.md: its last line must be the comment that names the jobs' versions")
    headings = [line.removeprefix("## ").strip() for line in lines if line.startswith("## ")]
    if headings != list(SECTIONS):
        raise Unreadable(
            f"TODO.md: its sections must be {' and '.join(SECTIONS)}, they are {', '.join(headings) or 'none'}"
        )
    versions = {job: int(version) for job, _, version in (each.partition("@") for each in footer[2].split())}
    return TodoFile(agent=footer[1], versions=versions, lines=tuple(_current(lines)))


def _current(lines: list[str]) -> Iterable[tuple[str | None, TodoLine]]:
    job: str | None = None
    start = next(n for n, line in enumerate(lines) if line.startswith("## "))
    for line in lines[start + 1 :]:
        if line.startswith("## "):
            return
        if line.startswith("### "):
            job = line.removeprefix("### ").split(" ", 1)[0]
        elif bullet := BULLET.fullmatch(line.lstrip()):
            yield job, TodoLine(text=_clean(bullet[2]), ticked=bullet[1] != " ")


def _clean(text: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in text.removesuffix(MARK))
    return " ".join(shown.split())[:300].strip()


def edits(base: Iterable[JobTodo], file: TodoFile, by: str, at: float) -> dict[str, TodoEdited]:
    """What the file changes, by job. Only the current lists of jobs that have not ended can be edited."""
    open_jobs = [job for job in base if not job.ended and job.items]
    names = {job.job for job in open_jobs}
    first = open_jobs[0].job if open_jobs else None
    changed = {}
    for job in open_jobs:
        lines = [line for where, line in file.lines if (where if where in names else first) == job.job and line.text]
        if edit := _edit(job, lines, by, at):
            changed[job.job] = edit
    return changed


def _edit(job: JobTodo, lines: list[TodoLine], by: str, at: float) -> TodoEdited | None:
    known = {_clean(item.text): item for item in job.items}
    wanted = {line.text: line for line in lines}
    ids = {text: known[text].item if text in known else _new_id(text) for text in wanted}
    added = tuple(PlanItem(item=ids[text], text=text) for text in wanted if text not in known)
    dropped = tuple(
        DroppedItem(item=item.item, why="removed from TODO.md by hand")
        for text, item in known.items()
        if text not in wanted
    )
    ticked = tuple(
        ids[text] for text, line in wanted.items() if line.ticked and not (text in known and _done(known[text]))
    )
    order = tuple(ids.values())
    moved = order != tuple(item.item for item in job.items)
    if not (added or dropped or ticked or moved):
        return None
    return TodoEdited(by=by, added=added, dropped=dropped, ticked=ticked, order=order, at=at)


def _new_id(text: str) -> str:
    return f"by-hand-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
