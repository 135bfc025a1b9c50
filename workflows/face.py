"""What the Temporal web UI shows of a job: search attributes, a table of details, one line for each activity."""

from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from domain.job import JobState
from domain.moves import Act, Decide
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


def summary(state: JobState, activity: str) -> str:
    """One line for an activity, as a step of the story."""
    total = len(state.todo)
    done = sum(item.status is ItemStatus.COMPLETED for item in state.todo)
    place = f"{min(done + 1, total)}/{total} · " if total else ""
    match state.next_move():
        case Act(call=call) as move if activity == "act":
            return f"{place}{'settle ' if move.open else ''}{call.summary}"[:200]
        case Decide() if activity == "decide":
            return f"{place}think (revision {state.revision})"
        case _:
            return {"record": "hear what people said", "expire": "look at the clock", "take_turn": "take the turn"}.get(
                activity, activity.replace("_", " ")
            )


def details(state: JobState) -> str:
    """A small table in Markdown, with the exact commands for what waits for a person."""
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
    table = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
    return "\n\n".join([table, *_commands(state)])


def _commands(state: JobState) -> list[str]:
    job = state.asked.job if state.asked else ""
    told = []
    for request in state.requests:
        act = {
            "approval": f"longhaul approve {job} {request.id}` or `longhaul reject {job} {request.id}",
            "question": f"longhaul answer {job} {request.id} TEXT",
            "unknown_outcome": f"longhaul answer {job} {request.id} sent|again|skip",
        }.get(request.kind, f"longhaul resume {job}")
        told.append(f"**{request.kind} {request.id}**: {_cell(request.about)}\n\n`{act}`")
    if state.pause:
        told.append(f"`longhaul resume {job}`")
    return told


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")[:200]
