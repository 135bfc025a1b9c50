"""Erasing what an agent was told, for good."""

from typing import Annotated

from cyclopts import Parameter

from domain.frozen import Digest
from starter.at_home import follow
from starter.client import Longhaul
from starter.commands.options import By, Output, speaker
from starter.connect import connected
from starter.output import data, next_commands, say, show
from starter.typed import agent_id
from stores import erase, notices, postgres
from stores.edits import MEMORY
from stores.erase import Erased
from stores.redis import AWAY
from stores.workspace import Workspace

LEFT = """Not within reach of this command: backups; the histories of Temporal until their retention ends (or until
`temporal workflow delete --workflow-id job/JOB`); files on other machines; what a model's provider was sent."""


def erase_(
    agent: str,
    entry: str,
    /,
    *,
    reason: Annotated[str, Parameter(help="why, for the record")],
    check: Annotated[bool, Parameter(help="only say where it stands, change nothing", negative="")] = False,
    by: By = None,
    output: Output = "text",
) -> None:
    """Erase an entry (m17) and its words from everything kept here: journal, tables, archive, index, files, notices.

    The chain still verifies, and an event says who erased what and why. This cannot be undone.
    """

    async def use(longhaul: Longhaul) -> list[Erased]:
        text = await erase.said(longhaul.pool, agent_id(agent), entry)
        texts = [*await erase.summaries(longhaul.pool, agent, entry), text]
        async with postgres.pool(longhaul.settings.migrations_dsn, size=1) as owners:
            done = [await erase.erase(owners, agent, each, speaker(by), reason, keep=check) for each in texts]
            if check:
                return done
            await erase.vacuum(owners)
        for each in done:
            await _elsewhere(longhaul, each)
        return done

    done = connected(use)
    if output != "text":
        found = {"streams": _streams(done), "artifacts": [sha256 for each in done for sha256 in each.artifacts]}
        return data({"agent": agent, "entry": entry, "erased": not check, **found}, output)
    _print(entry, done, check)
    next_commands(f"longhaul memory log {agent}", f"longhaul memory show {agent}")


def _streams(done: list[Erased]) -> dict[str, list[int]]:
    """The versions of each stream, of the entry and of the summaries that were made of it."""
    found = [(stream, version) for each in done for stream, versions in each.streams.items() for version in versions]
    return {stream: [version for name, version in sorted(set(found)) if name == stream] for stream, _ in found}


def _print(entry: str, done: list[Erased], check: bool) -> None:
    show(f"{entry} {'stands in' if check else 'was erased from'}:")
    for stream, versions in _streams(done).items():
        show(f"  {stream}, version {', '.join(map(str, versions))}")
    for sha256 in (sha256 for each in done for sha256 in each.artifacts):
        show(f"  artifact {sha256}, the whole of it")
    if not check:
        say(LEFT)


async def _elsewhere(longhaul: Longhaul, done: Erased) -> None:
    """Files that this machine has, and notices in Redis."""
    for agent in sorted(set(done.agents.values())):
        await _remove_files(longhaul, agent, done.artifacts)
        await follow(longhaul, agent, MEMORY)
        try:
            await notices.forget(longhaul.settings.needed("redis_url"), agent, done.words)
        except AWAY as error:
            say(f"Redis is away, and keeps notices of agent {agent} with these words for up to a day: {error}")


async def _remove_files(longhaul: Longhaul, agent: str, erased: tuple[Digest, ...]) -> None:
    workspace = Workspace(longhaul.settings.home / "agents")
    for path, sha256 in await longhaul.tasks.documents(agent):
        if sha256 in erased and workspace.remove(agent, path):
            say(f"{path} of agent {agent} is removed: it held these words")
