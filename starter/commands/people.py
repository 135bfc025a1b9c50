"""What people say to a running job."""

from typing import Annotated

from cyclopts import Parameter
from pydantic import JsonValue

from domain.errors import Refused
from domain.messages import Verdict
from domain.spoken import MessageRefused, RequirementChanged
from starter.client import Longhaul, Told
from starter.commands.options import By, Output, speaker
from starter.commands.settle import settle_all
from starter.connect import connected
from starter.output import Exit, data, next_commands, show
from starter.story import tell

Why = Annotated[str, Parameter(help="the reason, for the record")]
Now = Annotated[bool, Parameter(help="also cancel what the job does at this moment", negative="")]


def tell_(
    job: str,
    text: str,
    /,
    *,
    info: Annotated[bool, Parameter(help="only inform, change no requirement", negative="")] = False,
    now: Now = False,
    by: By = None,
    output: Output = "text",
) -> int:
    """Change the requirements of a job; the plan follows."""
    return _say(job, "inform" if info else "tell", output, by, text=text, now=now)


def answer_(
    job: str,
    request: int | None = None,
    text: str | None = None,
    /,
    *,
    all: Annotated[Verdict | None, Parameter(help="settle every unknown outcome with this word")] = None,  # noqa: A002
    yes: Annotated[bool, Parameter(help="with --all: do not ask before", negative="")] = False,
    by: By = None,
    output: Output = "text",
) -> int:
    """Answer a question, or settle an unknown outcome with sent, again or skip; with --all, every unknown outcome."""
    if all is not None:
        if request is not None:
            raise Refused("either a request and an answer, or --all sent|again|skip")
        return settle_all(job, all, yes=yes, by=by, output=output)
    if request is None or text is None:
        raise Refused("an answer needs its request and its text: longhaul answer JOB REQUEST TEXT")
    return _say(job, "answer", output, by, request=request, text=text)


def approve_(
    job: str,
    request: int,
    /,
    *,
    args_hash: Annotated[str | None, Parameter(help="consent only to these arguments (see show)")] = None,
    why: Why = "",
    by: By = None,
    output: Output = "text",
) -> int:
    """Consent to one request. The consent holds for exactly the arguments that were asked about."""
    return _say(job, "approve", output, by, request=request, args_hash=args_hash, why=why)


def reject_(job: str, request: int, /, *, why: Why = "", by: By = None, output: Output = "text") -> int:
    """Say no to one request."""
    return _say(job, "reject", output, by, request=request, why=why)


def pause_(job: str, /, *, why: Why = "", now: Now = False, by: By = None, output: Output = "text") -> int:
    """Let a job stand still until it is resumed."""
    return _say(job, "pause", output, by, why=why, now=now)


def resume_(job: str, /, *, why: Why = "", by: By = None, output: Output = "text") -> int:
    """Let a paused job go on."""
    return _say(job, "resume", output, by, why=why)


def cancel_(job: str, /, *, why: Why = "", now: Now = False, by: By = None, output: Output = "text") -> int:
    """End a job; a call that is open is settled first."""
    return _say(job, "cancel", output, by, why=why, now=now)


def _say(job: str, kind: str, output: Output, by: str | None, **said: JsonValue) -> int:
    async def use(longhaul: Longhaul) -> Told:
        return await longhaul.say(job, kind, {"by": speaker(by), **said})

    told = connected(use)
    _show(job, told, output)
    return Exit.REFUSED if isinstance(told.event, MessageRefused) else Exit.DONE


def _show(job: str, told: Told, output: Output) -> None:
    event = told.event
    if output != "text":
        recorded = event.model_dump(mode="json") if event else None
        data({"job": job, "message_id": told.message_id, "recorded": recorded}, output)
    elif isinstance(event, RequirementChanged):
        show(f"recorded as revision {event.revision}")
    elif event:
        show(f"recorded: {tell(event)}")
    else:
        show("accepted, not yet recorded: it waits in Temporal until a worker takes it")
    next_commands(f"longhaul watch {job}")
