"""An agent's files, where this machine has them."""

from starter.client import Longhaul
from stores.files import AgentFiles
from stores.workspace import Workspace


async def follow(longhaul: Longhaul, agent: str, path: str) -> None:
    """Brings the agent's files in step with the journal, if the one at `path` is here; else they are elsewhere."""
    workspace = Workspace(longhaul.settings.home / "agents")
    await AgentFiles(longhaul.jobs, longhaul.memories, longhaul.tasks, workspace).follow(agent, path)
