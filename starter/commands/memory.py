"""What an agent remembers, in all its versions, and what people do to it."""

import time
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from domain import memory_file
from domain.budget import size
from domain.disputes import disputes
from domain.errors import NotFound, Refused
from domain.memory import AgentState, Author, Remembered, Trust
from domain.packing import packed, shown
from domain.sections import Section
from starter import history_in_git
from starter.client import Longhaul
from starter.commands.options import By, Output, speaker
from starter.connect import connected
from starter.memory_change import change, changed, print_change
from starter.memory_search import searched
from starter.memory_story import difference, listed, logged, stories, who
from starter.output import clean, clock, data, line, next_commands, say, show, table
from starter.typed import agent_id, moment, valid
from stores.memory import Change, Changed
from stores.search import Search, Searched

At = Annotated[str | None, Parameter(help="a version, or a time (2026-11-24T08:27, in UTC)")]
NOW = datetime.max.replace(tzinfo=UTC)
Reason = Annotated[str, Parameter(help="why, for the record")]


def show_(agent: str, /, *, at: At = None, output: Output = "text") -> None:
    """Print an agent's memory.md as the journal has it, now or as it was."""

    async def use(longhaul: Longhaul) -> AgentState:
        return await _at(longhaul, agent, at)

    memory = connected(use)
    if output != "text":
        entries = [listed(entry) for entry in memory.entries]
        disputed = [[entry.id for entry in dispute] for dispute in disputes(memory.entries)]
        told = {"agent": agent, "version": memory.version, "tokens": size(memory), "entries": entries}
        return data({**told, "disputes": disputed}, output)
    show(clean(memory_file.render(agent, memory.version, memory.entries)))
    next_commands(f"longhaul memory log {agent}", f"longhaul todo show {agent}")


def log_(agent: str, /, *, output: Output = "text") -> None:
    """Print every change of an agent's memory: when, who, what and why. Its version comes first."""

    async def use(longhaul: Longhaul) -> list[Change]:
        await _version(longhaul, agent, None)
        return await longhaul.memories.history(agent)

    changes = connected(use)
    if output != "text":
        return data([logged(change, story) for change, story in stories(changes)], output)
    rows = [(str(each.version), clock(each.at), who(each.event), story) for each, story in stories(changes)]
    table(("version", "at (UTC)", "who", "what"), rows)
    if changes:
        next_commands(f"longhaul memory show {agent} --at {changes[-1].version}", f"longhaul memory diff {agent} 0")


def diff_(agent: str, before: str, after: str | None = None, /, *, output: Output = "text") -> None:
    """Print what differs between two versions (or times) of an agent's memory; without the second, from now."""

    async def use(longhaul: Longhaul) -> tuple[AgentState, AgentState]:
        return await _at(longhaul, agent, before), await _at(longhaul, agent, after)

    first, second = connected(use)
    changed = difference(first, second)
    if output != "text":
        sides = {sign: [listed(entry) for mark, entry in changed if mark == sign] for sign in "-+"}
        return data({"from": first.version, "to": second.version, "left": sides["-"], "came": sides["+"]}, output)
    show(f"version {first.version} → {second.version}")
    for sign, entry in changed:
        show(f"{sign} {entry.id}  {entry.section}: {line(entry.text)}")


def search_(
    agent: str,
    question: str,
    /,
    *,
    budget: Annotated[int, Parameter(help="how many tokens the entries may have together")] = 2000,
    limit: Annotated[int, Parameter(help="how many entries at most")] = 20,
    at: At = None,
    reader: Annotated[str | None, Parameter(name="--as", help="only what this other agent may read of it")] = None,
    output: Output = "text",
) -> None:
    """Find what an agent remembers about a question, in memory.md and in the archive."""

    async def use(longhaul: Longhaul) -> tuple[Searched, str]:
        version = await _version(longhaul, agent, at)
        asked = {"agent": agent, "question": question, "limit": limit, "version": version, "reader": reader}
        wanted = valid(Search, **asked, now=time.time())
        return await searched(longhaul, wanted)

    result, note = connected(use)
    chosen = packed((each.entry for each in result.found), budget)
    if note:
        say(line(note, 400))
    if output != "text":
        fault = result.fault or None
        kept = [each for each in result.found if each.entry in chosen]
        return data(
            [{**listed(each.entry), "score": each.score, "archived": each.archived, "fault": fault} for each in kept],
            output,
        )
    show(clean(shown(chosen)) if chosen else "nothing was found")
    next_commands(f"longhaul memory show {agent}", f"longhaul memory log {agent}")


def remember_(
    agent: str,
    section: Section,
    text: str,
    /,
    *,
    topic: Annotated[str, Parameter(help="what it is about: an older entry of the topic leaves")] = "",
    happened: Annotated[str | None, Parameter(help="when it happened (2026-11-24)")] = None,
    expires: Annotated[str | None, Parameter(help="when it no longer holds")] = None,
    pin: Annotated[bool, Parameter(help="keep it in memory.md whatever comes", negative="")] = False,
    by: By = None,
    output: Output = "text",
) -> None:
    """Add an entry to an agent's memory. SECTION is focus, decisions, projects or learnings."""
    fact = valid(
        Remembered,
        section=section,
        text=text,
        topic=topic,
        trust=Trust.PERSON,
        happened_at=moment(happened).timestamp() if happened else None,
        expires_at=moment(expires).timestamp() if expires else None,
    )

    author = Author(speaker(by), time.time())
    change(agent, lambda memory: memory.remember([fact], author), output)


def forget_(
    agent: str,
    /,
    *entries: str,
    reason: Reason = "forgotten",
    by: By = None,
    output: Output = "text",
) -> None:
    """Remove entries (m17 m18) from an agent's memory or archive. Earlier versions keep them."""
    _named(agent, entries)
    change(agent, lambda memory: memory.forget(entries, speaker(by), reason), output, entries)


def pin_(
    agent: str,
    /,
    *entries: str,
    off: Annotated[bool, Parameter(help="let them go again", negative="")] = False,
    by: By = None,
    output: Output = "text",
) -> None:
    """Keep entries (m17 m18) in memory.md whatever comes."""
    _named(agent, entries)
    change(agent, lambda memory: memory.pin(entries, speaker(by), pinned=not off), output)


def rollback_(agent: str, version: int, /, *, reason: Reason, by: By = None, output: Output = "text") -> None:
    """Make an agent's memory what it was at a version. That is a new version: nothing is lost."""

    async def use(longhaul: Longhaul) -> Changed:
        then = await _at(longhaul, agent, str(version))
        return await changed(longhaul, agent, lambda memory: memory.roll_back(then, speaker(by), reason))

    print_change(agent, connected(use), output)


def export_(
    agent: str,
    folder: Path,
    /,
    *,
    git: Annotated[bool, Parameter(help="a repository with one commit a version", negative="")] = False,
    at: At = None,
) -> None:
    """Write an agent's memory.md into a folder that is new or empty; with --git, all its versions."""

    async def use(longhaul: Longhaul) -> tuple[AgentState, list[Change]]:
        return await _at(longhaul, agent, at), await longhaul.memories.history(agent) if git else []

    memory, changes = connected(use)
    if git:
        history_in_git.write(folder, agent, changes[: memory.version])
    else:
        _write_new(folder, memory_file.render(agent, memory.version, memory.entries))
    say(f"{folder} has the memory of {agent}, version {memory.version}")
    next_commands(f"git -C {folder} log -p" if git else f"cat {folder}/{memory_file.NAME}")


def _write_new(folder: Path, text: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / memory_file.NAME).open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Refused(f"{folder / memory_file.NAME} cannot be written: {error.strerror}") from error


def _named(agent: str, entries: Collection[str]) -> None:
    if not entries:
        raise Refused(f"which entries? `longhaul memory show {agent} -o json` names them")


async def _at(longhaul: Longhaul, agent: str, at: str | None) -> AgentState:
    """The memory at a version or a time; now, if neither is said."""
    version = await _version(longhaul, agent, at)
    return await (longhaul.memories.load(agent) if version is None else longhaul.memories.at(agent, version))


async def _version(longhaul: Longhaul, agent: str, at: str | None) -> int | None:
    """The version that is meant, or nothing for now. Raises `NotFound` for an agent with neither memory nor jobs."""
    newest = await longhaul.memories.version_at(agent_id(agent), NOW)
    if not newest and not await longhaul.tasks.has(agent):
        raise NotFound(f"agent {agent}; `longhaul list` names the agents that have jobs")
    if at is None:
        return None
    version = int(at) if at.isdecimal() else await longhaul.memories.version_at(agent, moment(at))
    if version > newest:
        raise Refused(f"agent {agent}'s memory has no version {version} yet; the newest is {newest}")
    return version
