"""A job as people and programs see it."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from domain.head import Head
from domain.job import JobState
from domain.todo import ItemStatus
from starter.client import Longhaul
from starter.output import Exit, bold, clock, line, show
from stores.rows import waiting_for
from stores.tasks import Row

NOTHING = Head()
MARKS = {ItemStatus.COMPLETED: "[x]", ItemStatus.IN_PROGRESS: "[>]", ItemStatus.PENDING: "[ ]"}
AT_REST = ("completed", "failed", "cancelled", "waiting")
POLL_SECONDS = 0.3


def listed(row: Row) -> dict[str, Any]:
    """A row of `longhaul list`."""
    return {
        "job": row["job_id"],
        "agent": row["agent_id"],
        "type": row["task_type"],
        "status": row["status"],
        "revision": row["revision"],
        "steps_done": row["steps_done"],
        "goal": row["goal"],
        "waiting_for": _waiting(row),
        "created_at": row["created_at"],
        "completed_at": row["completed_at"],
    }


def _waiting(row: Row) -> list[dict[str, Any]]:
    pause = row["context"].get("pause")
    return [*row["waiting_for"], *([pause] if pause else [])]


def shown(row: Row, state: JobState) -> dict[str, Any]:
    """`longhaul show -o json`."""
    return {
        **listed(row),
        "version": state.version,
        "todo": [
            {"item": i.item, "text": i.text, "status": i.status.value, "parts": i.parts, "parts_done": i.parts_done}
            for i in state.todo
        ],
        "waiting_for": [waiting_for(request) for request in (*state.requests, *([state.pause] if state.pause else []))],
        "requirements": [said.model_dump() for said in state.requirements],
        "files": [file.model_dump() for file in state.files],
        "cost": state.cost,
        "result": row["result"],
        "error": row["error"],
        "late_outcomes": [
            {"call": u.open.version, "verdict": u.verdict, "happened": u.happened}
            for u in state.unknown
            if u.happened is not None
        ],
    }


def print_job(view: dict[str, Any], state: JobState) -> None:
    """`longhaul show` for people."""
    show(
        f"{bold(view['job'])}  {view['status']}  ({view['type']} of agent {view['agent']}, revision {view['revision']})"
    )
    show(f"goal: {line(view['goal'])}")
    for said in state.requirements:
        show(f"revision {said.revision}, by {said.by}: {line(said.text)}")
    for item in state.todo:
        progress = f" · {item.parts_done} of {item.parts}" if item.parts else ""
        vague = f" (vague: {item.vague})" if item.vague else ""
        show(f"  {MARKS[item.status]} {line(item.text)}{progress}{vague}")
    for request in view["waiting_for"]:
        show(f"waits for a person: {request['kind']} {request['id']}: {line(request['about'], 600)}")
        show(f"  until {clock(request['deadline'])} UTC, then: {line(request['default'])}")
    for late in view["late_outcomes"]:
        show(f"call {late['call']}: known late that it {'happened' if late['happened'] else 'did not happen'}")
    if view["result"] or view["error"]:
        show(f"{'result' if view['result'] else 'error'}: {line(view['result'] or view['error'], 400)}")
    show(f"{view['steps_done']} steps, version {view['version']} of the journal, {view['cost']:.4f} US dollars")


def ways_to_act(job: str, requests: Sequence[dict[str, Any]]) -> list[str]:
    """The exact commands for what waits."""
    ways = {
        "approval": ["longhaul approve {job} {id}", "longhaul reject {job} {id}"],
        "question": ["longhaul answer {job} {id} TEXT"],
        "unknown_outcome": ["longhaul answer {job} {id} sent|again|skip"],
        "pause": ["longhaul resume {job}"],
    }
    return [way.format(job=job, id=request["id"]) for request in requests for way in ways[request["kind"]]]


def result(state: JobState) -> dict[str, Any]:
    """`longhaul result -o json`."""
    end = state.end
    text = getattr(end, "result", "") or getattr(end, "why", "")
    files = [file.model_dump() for file in state.files]
    job = state.asked.job if state.asked else ""
    return {"job": job, "status": state.status, "text": text, "files": files, "version": state.version}


async def ended(longhaul: Longhaul, job: str, seconds: float) -> JobState:
    """The job's state once it has ended, waits for a person, or `seconds` are over."""
    deadline = time.monotonic() + seconds
    row = await longhaul.row(job)
    while row["status"] not in AT_REST and time.monotonic() < deadline:
        await asyncio.sleep(POLL_SECONDS)
        row = await longhaul.row(job)
    return await longhaul.state(job)


def exit_for(state: JobState, waited: bool) -> Exit:
    """The exit code that says how a job stands."""
    match state.status:
        case "completed":
            return Exit.DONE
        case "failed" | "cancelled":
            return Exit.FAILED
        case "waiting":
            return Exit.WAITS
        case _:
            return Exit.TIMED_OUT if waited else Exit.DONE
