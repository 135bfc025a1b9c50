"""Settling many unknown outcomes at once: they are shown first, and asked about."""

import asyncio
import sys

from domain.errors import Refused
from domain.facts import UnknownCall
from domain.messages import Verdict
from starter.client import Longhaul
from starter.commands.options import speaker
from starter.connect import connected
from starter.output import Exit, Format, data, line, next_commands, say, show

AT_ONCE = 8
"""So many messages are under way together: Temporal takes ten updates of one workflow at a time."""
WILL = {
    Verdict.SENT: "as sent: they count as done",
    Verdict.AGAIN: "again: each is sent once more, which may repeat it",
    Verdict.SKIP: "skip: they are not sent again, and the job goes on without them",
}


def settle_all(job: str, verdict: Verdict, *, yes: bool, by: str | None, output: Format) -> int:
    """Says `verdict` to every unknown outcome of the job, once a person has seen them."""
    calls = connected(lambda longhaul: _unknown(longhaul, job))
    if not calls:
        raise Refused(f"no outcome of job {job} is unknown")
    for call in calls:
        say(f"request {call.request}: {line(call.open.call.summary)}")
    say(f"{len(calls)} unknown, to be settled {WILL[verdict]}")
    if not (yes or _agreed()):
        raise Refused("nothing was settled; say --yes to settle them without being asked")
    refused = connected(lambda longhaul: _settled(longhaul, job, calls, verdict, speaker(by)))
    if output != "text":
        data({"job": job, "verdict": verdict, "settled": len(calls) - len(refused), "refused": refused}, output)
    else:
        show(f"settled {len(calls) - len(refused)} of {len(calls)}: {verdict}")
        for request, why in refused.items():
            say(f"request {request}: {line(why)}")
    next_commands(f"longhaul watch {job}")
    return Exit.REFUSED if refused else Exit.DONE


def _agreed() -> bool:
    """Whether the person at the terminal agrees; without a terminal nobody does."""
    if not sys.stdin.isatty():
        return False
    say("Go on? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


async def _unknown(longhaul: Longhaul, job: str) -> list[UnknownCall]:
    return [call for call in (await longhaul.state(job)).unknown if call.is_open]


async def _settled(longhaul: Longhaul, job: str, calls: list[UnknownCall], verdict: Verdict, by: str) -> dict[int, str]:
    """Says it to each; returns those that were refused, which somebody else may have settled meanwhile."""
    refused, free = dict[int, str](), asyncio.Semaphore(AT_ONCE)

    async def settle(call: UnknownCall) -> None:
        async with free:
            try:
                await longhaul.say(job, "answer", {"by": by, "request": call.request, "text": verdict.value})
            except Refused as error:
                refused[call.request] = str(error)

    async with asyncio.TaskGroup() as group:
        for call in calls:
            group.create_task(settle(call))
    return refused
