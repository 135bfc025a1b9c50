"""Which other agents may read an agent's memory, or add to it."""

import time
from typing import Annotated

from cyclopts import Parameter

from domain import sharing
from domain.errors import Refused
from domain.memory_file import minute
from domain.sections import HELD_BY_PEOPLE, Section
from domain.sharing import Access, AccessGranted, AccessRevoked, Grant
from starter.client import Longhaul
from starter.commands.options import By, Output, speaker
from starter.connect import connected
from starter.memory_change import change
from starter.output import data, next_commands, show, table
from starter.typed import agent_id, moment, valid

ALL = tuple(Section)
OPEN = tuple(section for section in Section if section not in HELD_BY_PEOPLE)

Sections = Annotated[
    list[Section] | None,
    Parameter(name="--section", help="only this one; say it again for another", negative=""),
]


def grant_(
    agent: str,
    reader: str,
    /,
    *,
    section: Sections = None,
    write: Annotated[bool, Parameter(help="let it also add entries, as its own word", negative="")] = False,
    until: Annotated[str | None, Parameter(help="when it ends (2026-12-24)")] = None,
    by: By = None,
    output: Output = "text",
) -> None:
    """Let another agent, READER, read AGENT's memory. Every reading is in AGENT's `longhaul memory log`."""
    _two(agent, reader)
    if rules := [each for each in section or () if write and each in HELD_BY_PEOPLE]:
        raise Refused(f"no other agent writes to {rules[0].value!r}, which holds rules; it can read it without --write")
    given = valid(
        AccessGranted,
        reader=reader,
        sections=tuple(dict.fromkeys(section or (OPEN if write else ALL))),
        access=Access.WRITE if write else Access.READ,
        by=speaker(by),
        until=_future(until) if until else None,
    )
    change(agent, lambda memory: sharing.given(memory.grants, given), output)


def revoke_(
    agent: str,
    reader: str,
    /,
    *,
    section: Sections = None,
    reason: Annotated[str, Parameter(help="why, for the record")] = "revoked",
    by: By = None,
    output: Output = "text",
) -> None:
    """Let READER no longer read AGENT's memory."""
    _two(agent, reader)
    sections = tuple(dict.fromkeys(section or ALL))
    taken = valid(AccessRevoked, reader=reader, sections=sections, by=speaker(by), why=reason)
    change(agent, lambda memory: sharing.taken(memory.grants, taken), output)


def grants_(agent: str, /, *, output: Output = "text") -> None:
    """Print who may read AGENT's memory, and whose memory AGENT may read."""

    async def use(longhaul: Longhaul) -> list[tuple[str, Grant]]:
        return await longhaul.memories.grants(agent_id(agent))

    held = connected(use)
    if output != "text":
        return data([{"agent": owner, **grant.model_dump(mode="json")} for owner, grant in held], output)
    rows = [
        (owner, grant.reader, grant.section, grant.access, _end(grant, time.time()), grant.by) for owner, grant in held
    ]
    table(("memory of", "reader", "section", "may", "until (UTC)", "granted by"), rows)
    if not held:
        show(f"nobody reads the memory of {agent}, and {agent} reads nobody's")
    next_commands(f"longhaul memory grant {agent} READER", f"longhaul memory log {agent}")


def _two(agent: str, reader: str) -> None:
    if agent_id(agent) == agent_id(reader):
        raise Refused(f"agent {agent} reads its own memory anyway; name another agent")


def _future(until: str) -> float:
    end = moment(until).timestamp()
    if end <= time.time():
        raise Refused(f"--until {until} is over already; right is a time to come")
    return end


def _end(grant: Grant, now: float) -> str:
    if grant.until is None:
        return ""
    return minute(grant.until) + (" (over)" if grant.until <= now else "")
