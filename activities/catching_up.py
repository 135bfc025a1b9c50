"""Files that could not be written when their agent changed: upkeep writes them once they can be.

A full disk holds no job up (`stores.files`). When that was the agent's last change, nothing else would come to write
them; nor where a worker ended between a commit and the files, and its job was over.
"""

from datetime import datetime

from stores.files import AgentFiles
from stores.tasks import Tasks


class CatchingUp:
    """Looks at the agents that changed since the last look that went well; the first looks at those of a day."""

    def __init__(self, tasks: Tasks, files: AgentFiles) -> None:
        self.tasks = tasks
        self.files = files
        self.since: datetime | None = None

    async def __call__(self) -> None:
        """Brings their files here into step. While some cannot be written, the next look is at the same agents."""
        looked, agents = await self.tasks.changed_since(self.since)
        in_step = [await self.files.catch_up(agent) for agent in agents]
        if all(in_step):
            self.since = looked
