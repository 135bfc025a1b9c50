"""Starting jobs and looking at them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from pydantic import ValidationError

from agents.choice import NONE, UNSET
from domain.errors import Refused
from domain.events import JobRequested, Limits
from domain.job import JobState
from settings import Settings
from starter import views
from starter.client import Longhaul, request
from starter.commands.options import By, Output, speaker
from starter.commands.recover import tell_loss, tell_stopped, ways_out
from starter.connect import connected
from starter.losses import Loss, loss_if_known, stopped
from starter.output import Exit, clock, data, line, next_commands, show, table
from stores.tasks import Row

if TYPE_CHECKING:
    from agents.jobs import JobType


def start_(
    type: str,  # noqa: A002 - the word on the command line
    /,
    *,
    agent: Annotated[str, Parameter(help="whose job it is; one job of an agent works at a time")] = "default",
    input: Annotated[list[str] | None, Parameter(name=["--input", "-i"], help="NAME=VALUE, repeatable")] = None,  # noqa: A002
    goal: Annotated[str | None, Parameter(help="one sentence; there is one for each type")] = None,
    id: Annotated[str | None, Parameter(help="the job's id; else the same request is the same job")] = None,  # noqa: A002
    priority: Annotated[int, Parameter(help="-100 to 100; higher goes first in the agent's queue")] = 0,
    steps: Annotated[int | None, Parameter(help="at most so many tool calls")] = None,
    days: Annotated[float | None, Parameter(help="the job's own deadline")] = None,
    cost: Annotated[float | None, Parameter(help="at most so many US dollars of model calls")] = None,
    by: By = None,
    output: Output = "text",
) -> int:
    """Start a job: longhaul start survey -i folder=PATH [-i email=ADDRESS]."""
    from agents.jobs import job_type
    from starter.installed import installed

    kind = job_type(type, installed().job_types)
    inputs = kind.checked(_inputs(kind, input or []))
    limits = _limits(steps=kind.steps if steps is None else steps, days=days, cost=cost)
    said = goal or kind.goal.format(**inputs)
    if not said:
        raise Refused(f'a {type} job is told its goal: --goal "what is to be done"')
    if kind.model is None and Settings.load().model == NONE:
        raise Refused(UNSET)
    try:
        asked = request(type, agent, inputs, said, speaker(by), job=id, priority=priority, limits=limits)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refused(f"{'.'.join(map(str, first['loc']))}: {first['msg']} (was {first['input']!r})") from error
    known = connected(lambda longhaul: _start(longhaul, asked))
    if output != "text":
        data({"job": asked.job, "agent": agent, "new": not known}, output)
    else:
        show(f"{asked.job}{' exists already; give --id NAME for another one' if known else ' is queued'}")
    next_commands(f"longhaul watch {asked.job}", f"longhaul show {asked.job}")
    return Exit.DONE


def _inputs(kind: "JobType", words: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name in found:
            raise Refused(f"--input {word!r}; right is NAME=VALUE, each name once")
        found[name] = str(Path(value).absolute()) if name in kind.paths else value
    return found


def _limits(**given: float | None) -> Limits:
    try:
        return Limits.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refused(f"--{first['loc'][0]}: {first['msg']} (was {first['input']!r})") from error


async def _start(longhaul: Longhaul, asked: JobRequested) -> bool:
    """Starts the job; says whether it was there already."""
    state = (await longhaul.jobs.find(asked.job, views.NOTHING)).state
    if state.asked and not state.asked.same_job(asked):
        raise Refused(f"job {asked.job} exists with another request; choose another --id")
    if state.end is None:
        await longhaul.start(asked)
    return state.asked is not None


Status = Literal["pending", "ready", "in_progress", "waiting", "completed", "failed", "cancelled"]


def list_(
    *,
    agent: str | None = None,
    status: Status | None = None,
    waiting: Annotated[bool, Parameter(help="only what waits for a person", negative="")] = False,
    limit: int = 50,
    output: Output = "text",
) -> None:
    """List jobs, newest first; with --waiting, the inbox of all that waits for a person."""

    async def use(longhaul: Longhaul) -> tuple[list[Row], list[str]]:
        return await longhaul.tasks.jobs(agent, status, waiting, limit), await stopped(longhaul)

    rows, behind = connected(use)
    jobs = [{**views.listed(row), "journal_behind": row["job_id"] in behind} for row in rows]
    tell_stopped(behind)
    if output != "text":
        return data(jobs, output)
    if waiting:
        return _inbox(jobs)
    table(
        ("job", "agent", "status", "rev", "steps", "created (UTC)", "goal"),
        [
            (
                j["job"],
                j["agent"],
                "stopped" if j["journal_behind"] else j["status"],
                str(j["revision"]),
                str(j["steps_done"]),
                clock(j["created_at"]),
                line(j["goal"], 60),
            )
            for j in jobs
        ],
    )
    next_commands(f"longhaul show {jobs[0]['job']}" if jobs else "longhaul start survey -i folder=.")


def _inbox(jobs: list[dict[str, Any]]) -> None:
    if not jobs:
        show("nothing waits for a person")
    for job in jobs:
        for request_ in job["waiting_for"]:
            show(f"{job['job']}  {request_['kind']} {request_['id']}: {line(request_['about'])}")
            show(f"    until {clock(request_['deadline'])} UTC, then: {line(request_['default'])}")
        next_commands(*views.ways_to_act(job["job"], job["waiting_for"]))


def show_(job: str, /, *, output: Output = "text") -> int:
    """Show one job: where it stands, its plan, and what it waits for."""

    async def use(longhaul: Longhaul) -> tuple[dict[str, Any], JobState, Loss | None]:
        loss = await loss_if_known(longhaul, job)
        if loss and loss.journal == 0:
            raise Refused(f"the journal has lost all of job {job}; see `longhaul recover`")
        state = await longhaul.state(job)
        view = {**views.shown(await longhaul.row(job), state), "journal_behind": loss is not None}
        return view, state, loss

    view, state, loss = connected(use)
    if output != "text":
        data(view, output)
    else:
        views.print_job(view, state)
    if loss:
        tell_loss(loss)
        next_commands(*ways_out(loss))
        return Exit.WAITS
    next_commands(*(views.ways_to_act(job, view["waiting_for"]) or [f"longhaul timeline {job}"]))
    return Exit.DONE


def watch_(job: str, /, *, output: Output = "text") -> int:
    """Follow a job live until it ends or waits for a person who is not you. Ctrl-C detaches."""
    from starter.follow import follow

    return connected(lambda longhaul: follow(longhaul, job, output))


def result_(
    job: str,
    /,
    *,
    wait: Annotated[float | None, Parameter(help="wait so many seconds for the end")] = None,
    output: Output = "text",
) -> int:
    """Print what a job came to."""
    state = connected(lambda longhaul: views.ended(longhaul, job, wait or 0.0))
    view = views.result(state)
    if output != "text":
        data(view, output)
    else:
        show(f"{view['status']}: {line(view['text'], 4000)}" if state.end else f"{view['status']}, not ended")
    next_commands(f"longhaul timeline {job}" if state.end else f"longhaul watch {job}")
    return views.exit_for(state, waited=wait is not None)
