"""The projections of a job: what its state looks like as rows. Pure; used by every commit and by the rebuild."""

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import JsonValue

from domain.events import JobCompleted, JobFailed
from domain.facts import Request
from domain.job import JobState
from domain.todo import TodoItem

CHECKPOINTS = 10
"""So many of the last steps stand in `agent_tasks.context`; the journal has them all."""


def task_row(state: JobState) -> dict[str, JsonValue]:
    """The columns of `agent_tasks` that follow from the state alone (times and version come from the commit)."""
    asked = state.asked
    assert asked is not None
    return {
        "job_id": asked.job,
        "agent_id": asked.agent,
        "task_type": asked.job_type,
        "status": state.status,
        "goal": asked.goal,
        "requested_by": asked.requested_by,
        "priority": asked.priority,
        "revision": state.revision,
        "steps_done": state.steps_done,
        "waiting_for": list[JsonValue](waiting_for(request) for request in state.requests),
        "context": _context(state),
        "result": state.end.result if isinstance(state.end, JobCompleted) else None,
        "error": state.end.why if isinstance(state.end, JobFailed) else None,
    }


def waiting_for(request: Request) -> dict[str, JsonValue]:
    """A request as people see it."""
    return {
        "id": request.id,
        "kind": request.kind,
        "about": request.about,
        "deadline": request.deadline.until,
        "default": request.deadline.default,
        "args_hash": request.args_hash,
    }


def _context(state: JobState) -> JsonValue:
    asked = state.asked
    assert asked is not None
    return {
        "inputs": asked.inputs,
        "checkpoints": [
            {"step": step.number, "completed": step.summary, "outcome": step.outcome, "timestamp": step.at}
            for step in state.steps[-CHECKPOINTS:]
        ],
        "files": [file.path for file in state.files],
        "preferences": {
            "requirements": [said.text for said in state.requirements],
            "limits": asked.limits.model_dump(mode="json"),
        },
        "pause": waiting_for(state.pause) if state.pause else None,
        "opened": state.opened_at is not None,
    }


CHANGES = """
gone as (
    delete from todo_items where job_id = %(job_id)s and item_id = any(%(dropped)s) returning item_id
),
items as (
    insert into todo_items
        (job_id, item_id, agent_id, position, text, status, completed_at, result, parts, parts_done,
         vague, added_at, archived)
    select %(job_id)s, item_id, %(agent_id)s, position, text, status, completed_at, result, parts, parts_done,
           vague, added_at, archived
      from unnest(%(ids)s::text[], %(positions)s::int[], %(texts)s::text[], %(statuses)s::text[], %(ats)s::float8[],
                  %(results)s::jsonb[], %(parts)s::int[], %(parts_done)s::int[],
                  %(vague)s::text[], %(added_ats)s::float8[], %(archived)s::bool[])
        as rows (item_id, position, text, status, completed_at, result, parts, parts_done, vague, added_at, archived),
           (select count(*) from gone) as first
     order by status = 'in_progress'
    on conflict (job_id, item_id) do update set
        position = excluded.position, text = excluded.text, status = excluded.status,
        completed_at = excluded.completed_at, result = excluded.result,
        parts = excluded.parts, parts_done = excluded.parts_done,
        vague = excluded.vague, added_at = excluded.added_at, archived = excluded.archived
),
files as (
    insert into documents (agent_id, path, sha256, stream, version, at)
    select %(agent_id)s, path, sha256, 'job/' || %(job_id)s, %(version)s, coalesce(%(at)s::timestamptz, now())
      from unnest(%(paths)s::text[], %(sha256s)s::text[]) as rows (path, sha256)
)
insert into agent_tasks as task
    (job_id, agent_id, task_type, status, goal, requested_by, priority, revision, steps_done, waiting_for, context,
     result, error, version, created_at, started_at, updated_at, completed_at)
values
    (%(job_id)s, %(agent_id)s, %(task_type)s, %(status)s, %(goal)s, %(requested_by)s, %(priority)s, %(revision)s,
     %(steps_done)s, %(waiting_for)s, %(context)s, %(result)s, %(error)s, %(version)s,
     coalesce(%(at)s::timestamptz, now()), case when %(opened)s then coalesce(%(at)s::timestamptz, now()) end,
     coalesce(%(at)s::timestamptz, now()), case when %(ended)s then coalesce(%(at)s::timestamptz, now()) end)
on conflict (job_id) do update set
    status = excluded.status, revision = excluded.revision, steps_done = excluded.steps_done,
    waiting_for = excluded.waiting_for, context = excluded.context, result = excluded.result, error = excluded.error,
    version = excluded.version, updated_at = excluded.updated_at,
    started_at = coalesce(task.started_at, excluded.started_at),
    completed_at = coalesce(task.completed_at, excluded.completed_at)
"""
"""One statement, after `with`: items that stop being in progress go first, for an agent has one at every moment."""


def changes(before: JobState, after: JobState, at: datetime | None = None) -> dict[str, Any] | None:
    """The values of `CHANGES` from one state to a later one, committed `at` (now). None when no row changes."""
    old = task_row(before) if before.asked else None
    new = task_row(after)
    todo = _todo(before, after)
    written = [file for file in after.files if file not in before.files]
    if new == old and not (todo["ids"] or todo["dropped"]) and not written:
        return None
    row = {**new, "waiting_for": Jsonb(new["waiting_for"]), "context": Jsonb(new["context"])}
    files = {"paths": [file.path for file in written], "sha256s": [file.sha256 for file in written]}
    moment = {"version": after.version, "at": at, "opened": after.opened_at is not None, "ended": after.end is not None}
    return {**row, **files, **moment, **todo}


def _todo(before: JobState, after: JobState) -> dict[str, Any]:
    places = {item.item: place for place, item in enumerate(before.todo)}
    changed = [
        (place, item)
        for place, item in enumerate(after.todo)
        if places.get(item.item) != place or before.todo[place] != item
    ]
    kept = {item.item for item in after.todo}
    dropped = [item.item for item in before.todo if item.item not in kept]
    return {"dropped": dropped, **_item_columns(changed)}


def _item_columns(items: list[tuple[int, TodoItem]]) -> dict[str, Any]:
    return {
        "ids": [item.item for _, item in items],
        "positions": [place for place, _ in items],
        "texts": [item.text for _, item in items],
        "statuses": [item.status.value for _, item in items],
        "ats": [item.completed_at for _, item in items],
        "results": [Jsonb(item.result.model_dump(mode="json")) if item.result else None for _, item in items],
        "parts": [item.parts for _, item in items],
        "parts_done": [item.parts_done for _, item in items],
        "vague": [item.vague for _, item in items],
        "added_ats": [item.added_at for _, item in items],
        "archived": [item.archived for _, item in items],
    }
