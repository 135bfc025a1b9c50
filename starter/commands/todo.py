"""What an agent has to do, and what people do to its list."""

import contextlib
import time
from collections.abc import Callable
from typing import Annotated

from cyclopts import Parameter
from temporalio.service import RPCError

from domain import todo_file
from domain.errors import NotFound, Refused
from domain.events import TodoEdited
from domain.fold_todo import changes_running
from domain.head import Head
from domain.judge import Standing
from domain.todo_file import JobTodo
from domain.todo_hand import adding, dropping, has, ticking
from starter.at_home import follow
from starter.client import Longhaul
from starter.commands.options import By, Output, speaker
from starter.connect import connected
from starter.output import clean, clock, data, line, next_commands, show, table
from starter.replay import nudge
from starter.story import tell
from starter.typed import agent_id
from stores.files import ENDED_SHOWN

Job = Annotated[str | None, Parameter(help="of which of the agent's open jobs")]
Edit = Callable[[JobTodo], TodoEdited]
ARCHIVED_SHOWN = 200
ENDS = {"JobCompleted", "JobFailed", "JobCancelled"}
RULED = {"VagueAnswered", "ItemsWentStale", "ItemsArchived"}
"""Of events: the last of a job, and those that rules make of its list."""
LOGGED = frozenset({"PlanRevised", "TodoEdited", "ToolReturned", *ENDS, *RULED})
"""The types of events that change the list."""


def show_(
    agent: str,
    /,
    *,
    archived: Annotated[bool, Parameter(help="what was completed long ago instead", negative="")] = False,
    output: Output = "text",
) -> None:
    """Print an agent's TODO.md as the journal has it."""
    if archived:
        return _show_archived(agent, output)

    async def use(longhaul: Longhaul) -> None:
        jobs = await longhaul.tasks.todo_of(agent_id(agent), ENDED_SHOWN)
        if output != "text":
            return data(
                {"agent": agent, "at": time.time(), "jobs": [job.model_dump(mode="json") for job in jobs]}, output
            )
        show(clean(todo_file.render(agent, jobs)))
        next_commands(f"longhaul list --agent {agent}", f"edit {longhaul.settings.home}/agents/{agent}/TODO.md")

    connected(use)


def _show_archived(agent: str, output: Output) -> None:
    items = connected(lambda longhaul: longhaul.tasks.put_away(agent_id(agent), ARCHIVED_SHOWN))
    if output != "text":
        return data(items, output)
    rows = [(str(item["job"]), clock(item["completed_at"]), line(str(item["text"]))) for item in items]
    table(("job", "completed (UTC)", "what"), rows)
    next_commands(f"longhaul todo show {agent}", f"longhaul todo log {agent}")


def log_(agent: str, /, *, output: Output = "text") -> None:
    """Print what changed an agent's lists, job by job: plans, edits, completed items."""

    async def use(longhaul: Longhaul) -> list[dict[str, object]]:
        jobs = await longhaul.tasks.jobs(agent_id(agent), limit=ENDED_SHOWN)
        if not jobs:
            raise NotFound(f"agent {agent}; `longhaul list` names the agents that have jobs")
        return [
            {"job": job["job_id"], "version": version, "at": at, "type": event.type, "story": tell(event)}
            for job in reversed(jobs)
            for version, at, event in await longhaul.timeline(job["job_id"])
            if event.type in LOGGED
        ]

    events = connected(use)
    if output != "text":
        return data(events, output)
    rows = [(str(e["job"]), str(e["version"]), clock(e["at"]), str(e["story"])) for e in events]  # type: ignore[arg-type]
    table(("job", "version", "at (UTC)", "what"), rows)
    next_commands(f"longhaul todo show {agent}")


def add_(agent: str, text: str, /, *, job: Job = None, by: By = None, output: Output = "text") -> None:
    """Add an item behind the others of the agent's open job."""
    _edit(agent, job, None, lambda todo: adding(todo, text, speaker(by), time.time()), output)


def done_(agent: str, item: str, /, *, job: Job = None, by: By = None, output: Output = "text") -> None:
    """Tick an item, named by its id or its text: the agent need not do it."""
    _edit(agent, job, item, lambda todo: ticking(todo, item, speaker(by), time.time()), output)


def drop_(
    agent: str,
    item: str,
    /,
    *,
    reason: Annotated[str, Parameter(help="why, for the record")] = "dropped by hand",
    job: Job = None,
    by: By = None,
    output: Output = "text",
) -> None:
    """Remove an item that is not done."""
    _edit(agent, job, item, lambda todo: dropping(todo, item, speaker(by), time.time(), reason), output)


def _edit(agent: str, job: str | None, item: str | None, edit: Edit, output: Output) -> None:
    async def use(longhaul: Longhaul) -> tuple[str, TodoEdited, bool]:
        todo = await _list_of(longhaul, agent_id(agent), job, item)
        made, running = list[TodoEdited](), False

        def judge(standing: Standing) -> tuple[TodoEdited, ...]:
            nonlocal running
            made[:] = [edit(JobTodo.of(standing.state))] if standing.state.end is None else []
            running = any(changes_running(standing.state, event) for event in made)
            return tuple(made)

        await longhaul.jobs.append(todo.job, Head(), judge)
        if not made:
            raise Refused(f"job {todo.job} has ended meanwhile")
        await follow(longhaul, agent, todo_file.NAME)
        with contextlib.suppress(RPCError, RuntimeError):  # it hears of it anyway, when it moves on
            await nudge(longhaul, todo.job)
        return todo.job, made[0], running

    changed, event, running = connected(use)
    if output != "text":
        told = {"agent": agent, "job": changed, "event": event.model_dump(mode="json"), "running": running}
        return data(told, output)
    show(f"job {changed}: {line(tell(event))}; heard before the next decision")
    if running:
        show("it was at work on that item: recorded, and the agent is told; what it has begun may still come to an end")
    for vague in (added for added in event.added if added.vague):
        show(f"that is vague ({vague.vague}): no work on it begins before it is broken down")
    next_commands(f"longhaul todo show {agent}")


async def _list_of(longhaul: Longhaul, agent: str, job: str | None, item: str | None) -> JobTodo:
    """The list that is meant: of the job, or else of the agent's only open job (that has the item)."""
    lists = [todo for todo in await longhaul.tasks.todo_of(agent, 0) if not todo.ended]
    fitting = [todo for todo in lists if job in (None, todo.job) and (item is None or job or has(todo, item))]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(todo.job for todo in (fitting or lists)) or "none"
    if fitting:
        raise Refused(f"which job's? say --job, one of {names}")
    what = f"job {job}" if job else f"item {item!r}" if item else "open job"
    raise NotFound(f"{what} of agent {agent}; open jobs: {names}")
