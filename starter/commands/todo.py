"""What an agent has to do, from the journal."""

import time

from domain import todo_file
from starter.client import Longhaul
from starter.commands.options import Output
from starter.connect import connected
from starter.output import clean, data, next_commands, show
from stores.files import ENDED_SHOWN


def show_(agent: str, /, *, output: Output = "text") -> None:
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
