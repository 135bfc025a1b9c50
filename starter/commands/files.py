"""What an agent remembers and has to do, from the journal."""

import time

from domain import memory_file, todo_file
from starter.client import Longhaul
from starter.commands.options import Output
from starter.connect import connected
from starter.output import clean, data, next_commands, show
from stores.files import ENDED_SHOWN


def memory_show(agent: str, /, *, output: Output = "text") -> None:
    """Print an agent's memory.md as the journal has it."""

    async def use(longhaul: Longhaul) -> None:
        memory = await longhaul.memories.load(agent)
        if output != "text":
            entries = [{"id": entry.id, **entry.model_dump(mode="json")} for entry in memory.entries]
            return data({"agent": agent, "version": memory.version, "entries": entries}, output)
        show(clean(memory_file.render(agent, memory.version, memory.entries)))
        next_commands(f"longhaul todo show {agent}", f"edit {longhaul.settings.home}/agents/{agent}/memory.md")

    connected(use)


def todo_show(agent: str, /, *, output: Output = "text") -> None:
    """Print an agent's TODO.md as the journal has it."""

    async def use(longhaul: Longhaul) -> None:
        jobs = await longhaul.tasks.todo_of(agent, ENDED_SHOWN)
        if output != "text":
            return data(
                {"agent": agent, "at": time.time(), "jobs": [job.model_dump(mode="json") for job in jobs]}, output
            )
        show(clean(todo_file.render(agent, jobs)))
        next_commands(f"longhaul list --agent {agent}", f"edit {longhaul.settings.home}/agents/{agent}/TODO.md")

    connected(use)
