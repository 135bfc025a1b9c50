"""What the Temporal web UI shows: search attributes, details as a small page, one line for each activity and timer."""

import json
from datetime import UTC, datetime
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from activities import inputs
from domain.events import JobRequested
from domain.facts import Request
from domain.job import JobState
from domain.moves import Act, Close, Decide
from domain.todo import ItemStatus

AGENT_ID = SearchAttributeKey.for_keyword("AgentId")
JOB_TYPE = SearchAttributeKey.for_keyword("JobType")
JOB_STATUS = SearchAttributeKey.for_keyword("JobStatus")
WAITING_FOR = SearchAttributeKey.for_keyword("WaitingFor")
REVISION = SearchAttributeKey.for_int("Revision")
STEPS_DONE = SearchAttributeKey.for_int("StepsDone")

BEHIND = "journal_behind"
"""The status, in Temporal, of a job that has seen more than the journal holds."""

EVERY_STEPS = 10
"""StepsDone alone is worth an update only so often: each one is an event of the history."""

LINE_BYTES = 180
"""Temporal's limit of a summary is 400 bytes (`limit.userMetadataSummarySize`), and the codec adds some 200."""

END = "\u200b"
"""The web UI's frame is one line too short for its page: this paragraph, which shows nothing, is the one cut off."""


def attributes(state: JobState) -> list[SearchAttributeUpdate[Any]]:
    """The search attributes of a job."""
    assert state.asked is not None
    waiting = ("paused",) if state.pause else tuple(request.kind for request in state.requests)
    return [
        AGENT_ID.value_set(state.asked.agent),
        JOB_TYPE.value_set(state.asked.job_type),
        JOB_STATUS.value_set(state.status),
        WAITING_FOR.value_set(waiting[0] if waiting else "nothing"),
        REVISION.value_set(state.revision),
        STEPS_DONE.value_set(state.steps_done),
    ]


def worth_telling(before: JobState, after: JobState) -> bool:
    """Whether the search attributes should be sent again."""
    return before.asked is None or _told(before) != _told(after)


def _told(state: JobState) -> tuple[object, ...]:
    requests = tuple(request.kind for request in state.requests)
    return state.status, requests, state.pause is None, state.revision, state.steps_done // EVERY_STEPS


def line(text: str) -> str:
    """Any text as a summary: one line, as much of it as Temporal takes."""
    flat = " ".join(text.split())[:LINE_BYTES]
    while len(json.dumps(flat, ensure_ascii=False).encode()) > LINE_BYTES:
        flat = flat[:-1]
    return flat


def summary(state: JobState, activity: str, given: object) -> str | None:
    """One line for an activity, as a step of the story; nothing where its name says it all."""
    told = _of_the_move(state, activity) or _of_the_input(given)
    return line(told) if told else None


def _of_the_move(state: JobState, activity: str) -> str:
    total = len(state.todo)
    done = sum(item.status is ItemStatus.COMPLETED for item in state.todo)
    place = f"{min(done + 1, total)}/{total} · " if total else ""
    match state.next_move():
        case Act(call=call) as move if activity == "act":
            return f"{place}{'settle ' if move.open else ''}{call.summary}"
        case Decide() if activity == "decide":
            return f"{place}think (revision {state.revision})"
        case Close() as move if activity == "close_job":
            return f"{move.how}: {move.why}" if move.why else move.how
        case _:
            return "look at the clock" if activity == "expire" else ""


def _of_the_input(given: object) -> str:
    match given:
        case inputs.OpenJob(request=JobRequested() as asked):
            return asked.goal
        case inputs.Record():
            return "hear " + ", ".join(f"{message.kind} by {message.by}" for message in given.messages)
        case inputs.ReadOn():
            return f"{given.kind}: {given.why}"
        case _:
            return ""


def waiting(state: JobState, until: float) -> str:
    """What the timer of a waiting job is for: whom it waits for, and what it brings at `until` (Unix seconds)."""
    first, *others = state.blocked_by
    what = "paused" if first.kind == "pause" else f"waits for {_name(first)}"
    more = f" and {len(others)} more" if others else ""
    ends = {state.deadline_at, *(each.deadline.until for each in (*state.requests, *state.blocked_by))}
    reminder = "" if until in ends else f"reminder {clock(until)}, "
    return line(f"{what}{more}; {reminder}until {clock(min(first.deadline.until, state.deadline_at))} UTC")


def clock(at: float) -> str:
    """A moment (Unix seconds) as people read it, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def details(state: JobState) -> str:
    """A small table in Markdown, with the exact commands for what waits for a person, and how long it waits."""
    if state.asked is None:
        return ""
    done = sum(item.status is ItemStatus.COMPLETED for item in state.todo)
    rows = [
        ("Agent", state.asked.agent),
        ("Goal", _cell(state.asked.goal)),
        ("Status", f"{state.status}{', paused' if state.pause else ''}"),
        ("Revision", str(state.revision)),
        ("Items", f"{done} of {len(state.todo)} completed"),
        ("Steps", str(state.steps_done)),
    ]
    asked = (*state.requests, *([state.pause] if state.pause else []))
    return _page(_table(rows), *(part for request in asked for part in _asked(state.asked.job, request)))


def stopped(why: str) -> str:
    """The details of a job that stands still until a person accepts a loss."""
    return _page(f"**Stopped.** {why}", "`longhaul recover`")


def agent_details(found: inputs.Next) -> str:
    """The details of an agent: whose turn it is, and how many of its jobs are open."""
    turn = found.job or found.at_work
    goal = f": {_cell(found.goal)}" if found.job and found.goal else ""
    return _page(_table([("Turn", f"{turn}{goal}" if turn else "nobody"), ("Open jobs", str(found.open_jobs))]))


def _page(*paragraphs: str) -> str:
    return "\n\n".join([*paragraphs, END])


def _table(rows: list[tuple[str, str]]) -> str:
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _asked(job: str, request: Request) -> tuple[str, str, str]:
    act = {
        "approval": f"longhaul approve {job} {request.id}` or `longhaul reject {job} {request.id}",
        "question": f"longhaul answer {job} {request.id} TEXT",
        "unknown_outcome": f"longhaul answer {job} {request.id} sent|again|skip",
        "pause": f"longhaul resume {job}",
    }[request.kind]
    end = f"until {clock(request.deadline.until)} UTC, then: {_cell(request.deadline.default)}"
    return f"**{_name(request)}**: {_cell(request.about)}", end, f"`{act}`"


def _name(request: Request) -> str:
    return f"{request.kind.replace('_', ' ')} {request.id}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")[:200]
