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

An item of many parts also says how many of them are done: `- [ ] Mail rows 1 to 100 · 37 of 100`. One that a person
wrote and that does not say what is to be done is marked: the agent breaks it down before it works on it.

The last line names the version of each job's stream that a person started from. An item is known by its text within its
job. `edits(base, parse(render(base)))` is empty. What is done stays done: a completed item can be moved, but neither
un-ticked nor removed. Each line that a person wrote below a job is an item, with or without a box.
"""

import hashlib
import re
from collections.abc import Callable, Container, Iterable, Iterator
from typing import NamedTuple

from domain.errors import Unreadable
from domain.events import TodoEdited
from domain.frozen import Frozen
from domain.job import JobState
from domain.memory_file import CONTROL, escaped, minute, opened, sections, unescaped
from domain.todo import DroppedItem, ItemStatus, PlanItem, TodoItem
from domain.vague import why_vague

NAME = "TODO.md"
CURRENT, COMPLETED = "Current Tasks", "Completed"
MARK = "← CURRENTLY WORKING ON THIS"
FLAG = "← VAGUE: TO BE BROKEN DOWN FIRST"
PROGRESS = re.compile(r" · ([0-9]+ of [0-9]+)$")
NOTHING = "_nothing_"
COMPLETED_SHOWN = 20
GOAL_SHOWN = 80
LONGEST = 300
FOOTER = re.compile(r"<!-- longhaul TODO\.md · agent ([a-z0-9_-]+) · jobs((?: [a-z0-9_-]+@[0-9]{1,9})*) -->")
HEADING = re.compile(r"###(?: +(\S+).*)?")
BULLET = re.compile(r"\s*[-*](?:\s+(?:\[([ xX]?)\](?:\s|$))?(.*))?")


class JobTodo(Frozen):
    """One job's list, at a version of the job's stream."""

    job: str
    goal: str
    version: int
    ended: bool
    items: tuple[TodoItem, ...]

    @property
    def shown(self) -> tuple[TodoItem, ...]:
        """The items that are not archived."""
        return tuple(item for item in self.items if not item.archived)

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


class JobLines(Frozen):
    """The current lines below one heading; `job` is None above the first heading."""

    job: str | None
    lines: tuple[TodoLine, ...]


class TodoFile(Frozen):
    """A TODO.md that was read: the versions it names, and its current lines."""

    agent: str
    versions: dict[str, int]
    jobs: tuple[JobLines, ...]


def render(agent: str, jobs: Iterable[JobTodo]) -> str:
    """The file for the lists of an agent's jobs."""
    shown = tuple(jobs)
    current = [_job(job) for job in shown if not job.ended and job.shown]
    versions = "".join(f" {job.job}@{job.version}" for job in shown)
    parts = [
        f"# TODO of {agent}\n",
        f"## {CURRENT}\n" + ("\n".join(current) or NOTHING) + "\n",
        f"## {COMPLETED}\n" + ("\n".join(_completed(shown)) or NOTHING) + "\n",
        f"<!-- longhaul TODO.md · agent {agent} · jobs{versions} -->\n",
    ]
    return "\n".join(parts)


def _job(job: JobTodo) -> str:
    goal = " ".join(job.goal.split())
    short = goal if len(goal) <= GOAL_SHOWN else goal[: GOAL_SHOWN - 1] + "…"
    return "\n".join([f"### {job.job} · {escaped(short)}", *(_item(item) for item in job.shown)])


def _item(item: TodoItem) -> str:
    mark = f" {FLAG}" * bool(item.vague and not _done(item)) + f" {MARK}" * (item.status is ItemStatus.IN_PROGRESS)
    progress = f" · {item.parts_done} of {item.parts}" if item.parts else ""
    return f"- [{'x' if _done(item) else ' '}] {_shown(item.text)}{progress}{mark}"


def _shown(text: str) -> str:
    """The text so that nothing in it is taken for a mark or for progress when it is read back."""
    marked = escaped(text)
    for mark in (MARK, FLAG):
        marked = marked.replace(mark, f"&#{ord(mark[0])};{mark[1:]}")
    return PROGRESS.sub(rf" &#{ord('·')}; \1", marked)


def _completed(jobs: Iterable[JobTodo]) -> list[str]:
    items = [
        (item.completed_at or 0.0, item.text, job.job) for job in jobs if job.ended for item in job.shown if _done(item)
    ]
    newest = sorted(items, reverse=True)[:COMPLETED_SHOWN]
    return [f"- [x] {minute(at)} · {_shown(text)} ({job})" for at, text, job in newest]


def _done(item: TodoItem) -> bool:
    return item.status is ItemStatus.COMPLETED


def parse(text: str) -> TodoFile:
    """The file that the text holds. Raises `Unreadable` with the place and what would be right."""
    footer, lines = opened(NAME, text, FOOTER)
    versions = {job: int(version) for job, _, version in (each.partition("@") for each in footer[2].split())}
    body = sections(NAME, lines, (CURRENT, COMPLETED))[CURRENT]
    jobs = tuple(JobLines(job=job, lines=tuple(_lines(block))) for job, block in _blocks(body, versions))
    return TodoFile(agent=footer[1], versions=versions, jobs=jobs)


def _blocks(body: list[str], versions: dict[str, int]) -> list[tuple[str | None, list[str]]]:
    blocks: list[tuple[str | None, list[str]]] = [(None, [])]
    for line in body:
        heading = HEADING.fullmatch(line)
        if heading is None:
            blocks[-1][1].append(line)
        elif heading[1] in versions:
            blocks.append((heading[1], []))
        else:
            known = ", ".join(versions) or "none"
            raise Unreadable(f"{NAME}: the heading {line[:80]!r} names no job of this file; its jobs are {known}")
    return blocks if blocks[0][1] else blocks[1:]


def _lines(block: list[str]) -> Iterator[TodoLine]:
    for ticked, raw in _items(block):
        if text := unescaped(PROGRESS.sub("", " ".join(raw).replace(MARK, " ").replace(FLAG, " ").rstrip()).strip()):
            yield TodoLine(text=text, ticked=ticked)


def _items(block: list[str]) -> list[tuple[bool, list[str]]]:
    """Each item's tick and its lines: an editor may have wrapped a long one."""
    items: list[tuple[bool, list[str]]] = []
    for line in filter(None, block):
        if bullet := BULLET.fullmatch(line):
            items.append(((bullet[1] or " ") in "xX", [bullet[2] or ""]))
        elif items and line[0].isspace():
            items[-1][1].append(line.strip())
        elif line != NOTHING:
            items.append((False, [line]))
    return items


def edits(base: Iterable[JobTodo], file: TodoFile, by: str, at: float) -> dict[str, TodoEdited]:
    """What the file changes, by job. Only the current lists of jobs that have not ended can be edited."""
    jobs = [job for job in base if not job.ended and job.job in file.versions]
    listed = [job.job for job in jobs if job.items] or [job.job for job in jobs]
    lines: dict[str, list[TodoLine]] = {job.job: [] for job in jobs}
    for block in file.jobs:
        if where := block.job or next(iter(listed), None):
            lines.setdefault(where, []).extend(block.lines)
    found = {job.job: _edit(job, lines[job.job], by, at) for job in jobs}
    return {job: edit for job, edit in found.items() if edit}


def _edit(job: JobTodo, lines: list[TodoLine], by: str, at: float) -> TodoEdited | None:
    wanted = _wanted(job.items, lines)
    known = {item.item: item for item in job.items}
    added = tuple(line.item for name, line in wanted.items() if name not in known)
    gone = [item for item in job.items if item.item not in wanted and not _done(item)]
    dropped = tuple(DroppedItem(item=item.item, why="removed from TODO.md by hand") for item in gone)
    ticked = tuple(name for name, line in wanted.items() if line.ticked and not (name in known and _done(known[name])))
    order = _order(job.items, list(wanted))
    if not (added or dropped or ticked or order != tuple(known)):
        return None
    return TodoEdited(by=by, added=added, dropped=dropped, ticked=ticked, order=order, at=at)


class _Wanted(NamedTuple):
    item: PlanItem
    ticked: bool


def _wanted(items: tuple[TodoItem, ...], lines: list[TodoLine]) -> dict[str, _Wanted]:
    """The items that the lines mean, by id, in the lines' order; a line that is there twice is one item."""
    exact, alike = _grouped(items, lambda text: text), _grouped(items, clean)
    wanted: dict[str, _Wanted] = {}
    for line in lines:
        text = clean(line.text)
        candidates = exact.get(line.text) or alike.get(text, [])
        if item := _meant(candidates, line, wanted) or new_item(text):
            before = wanted.get(item.item)
            wanted[item.item] = _Wanted(item, line.ticked or (before is not None and before.ticked))
    return wanted


def _grouped(items: tuple[TodoItem, ...], key: Callable[[str], str]) -> dict[str, list[TodoItem]]:
    groups: dict[str, list[TodoItem]] = {}
    for item in items:
        groups.setdefault(key(item.text), []).append(item)
    return groups


def _meant(candidates: list[TodoItem], line: TodoLine, taken: Container[str]) -> TodoItem | None:
    """Of items that read alike (one may be done, and planned anew) the one that the line stands for."""
    free = [item for item in candidates if item.item not in taken]
    same = [item for item in free if _done(item) == line.ticked]
    return next(iter(same or free or candidates), None)


def new_item(text: str) -> PlanItem | None:
    """The item for what a person wrote; nothing for an empty line. The same words are the same item."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return PlanItem(item=f"by-hand-{digest}", text=text, vague=why_vague(text)) if text else None


def clean(text: str) -> str:
    """One line without control characters, as long as an item may be."""
    return " ".join(re.sub(f"[{CONTROL}]", " ", text).split())[:LONGEST].strip()


def _order(items: tuple[TodoItem, ...], left: list[str]) -> tuple[str, ...]:
    """The order as a person left it; a completed item that they removed stays behind its old neighbour."""
    order = list(left)
    for place, item in enumerate(items):
        if _done(item) and item.item not in order:
            before = [earlier.item for earlier in items[:place] if earlier.item in order]
            order.insert(order.index(before[-1]) + 1 if before else 0, item.item)
    return tuple(order)
