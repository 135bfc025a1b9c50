"""Changing an agent's memory from the command line, and saying what changed."""

from collections.abc import Collection

from domain import memory_file
from domain.errors import Refused, ToolInvalid
from starter.at_home import follow
from starter.client import Longhaul
from starter.commands.options import Output
from starter.connect import connected
from starter.memory_story import tell
from starter.output import data, next_commands, show
from starter.typed import agent_id
from stores.memory import Changed, Judge


def change(agent: str, judge: Judge, output: Output, named: Collection[str] = ()) -> None:
    print_change(agent, connected(lambda longhaul: changed(longhaul, agent, judge, named)), output)


async def changed(longhaul: Longhaul, agent: str, judge: Judge, named: Collection[str] = ()) -> Changed:
    """Changes the memory, and its file where this machine has it."""
    try:
        done = await longhaul.memories.change(agent_id(agent), judge, named)
    except ToolInvalid as error:
        raise Refused(*error.args) from error
    await follow(longhaul, agent, memory_file.NAME)
    return done


def print_change(agent: str, done: Changed, output: Output) -> None:
    memory, events = done
    first = memory.version - len(events) + 1
    told = [(version, tell(event, version)) for version, event in enumerate(events, first)]
    if output != "text":
        return data({"agent": agent, "version": memory.version, "changes": [story for _, story in told]}, output)
    for version, story in told:
        show(f"version {version}: {story}")
    if not told:
        show("nothing changed: it is so already")
    next_commands(f"longhaul memory show {agent}", f"longhaul memory log {agent}")
