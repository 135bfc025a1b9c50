"""What an agent has to do, and what people do to its list."""

import time
from collections.abc import Callable
from typing import Annotated

from cyclopts import Parameter

from domain import todo_file
from domain.errors import NotFound, Refused
from domain.events import TodoEdited
from domain.head import Head
from domain.judge import Standing
from domain.todo_file import JobTodo
from domain.todo_hand import adding, dropping, has, ticking
from starter.at_home import follow
from starter.client import Longhaul
from starter.commands.options import By, Output, speaker
from starter.connect import connected
from starter.output import clean, clock, data, line, next_commands, show, table
from starter.story import tell
from starter.typed import agent_id
from stores.files import ENDED_SHOWN

Job = Annotated[str | None, Parameter(help="of which of the agent's open jobs")]
Edit = Callable[[JobTodo], TodoEdited]
LOGGED = frozenset({"PlanRevised", "TodoEdited", "ToolReturned", "JobCompleted", "JobFailed", "JobCancelled"})
"""The types of events that change the list."""


def show_(agent: str, /, *, output: Output = "text") -> None:
    """Print an agent's TODO.md as the journal has it."""

    async def use(longhaul: Longhaul) -> None:
        jobs = await longhaul.tasks.todo_of(agent_id(agent), ENDED_SHOWN)
        if output != "text":
            return data(
                {"agent": agent, "at": time.time(), "jobs": [job.model_dump(mode="json") for job in jobs]}, output
            )
        show(clean(todo_file.render(agent, jobs)))
        next_commands(f"longhaul list --agent {agent}", f"edit {longhaul.settings.home}/agents/{agent}/TODO.md")

    connected(use)


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
    async def use(longhaul: Longhaul) -> tuple[str, TodoEdited]:
        todo = await _list_of(longhaul, agent_id(agent), job, item)
        made = list[TodoEdited]()

        def judge(standing: Standing) -> tuple[TodoEdited, ...]:
            made[:] = [edit(JobTodo.of(standing.state))] if standing.state.end is None else []
            return tuple(made)

        await longhaul.jobs.append(todo.job, Head(), judge)
        if not made:
            raise Refused(f"job {todo.job} has ended meanwhile")
        await follow(longhaul, agent, todo_file.NAME)
        return todo.job, made[0]

    changed, event = connected(use)
    if output != "text":
        return data({"agent": agent, "job": changed, "event": event.model_dump(mode="json")}, output)
    show(f"job {changed}: {line(tell(event))}; heard before the next decision")
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
