"""Condensing an agent's old entries at once."""

from typing import Annotated

from cyclopts import Parameter

from domain.compaction import Policy
from domain.errors import NotFound
from starter.client import Longhaul
from starter.commands.options import Output
from starter.compaction import compacted
from starter.connect import connected
from starter.memory_change import print_change
from starter.output import next_commands, show
from starter.typed import agent_id, valid
from stores.memory import Changed


def compact_(
    agent: str,
    /,
    *,
    days: Annotated[float | None, Parameter(help="how old entries must be; without it, LONGHAUL_COMPACT_DAYS")] = None,
    output: Output = "text",
) -> None:
    """Condense an agent's old entries into summaries now, as workers do by themselves. A rollback puts them back."""
    chosen = None if days is None else valid(Policy, days=days)

    async def use(longhaul: Longhaul) -> tuple[Policy, Changed]:
        if not (await longhaul.memories.load(agent_id(agent))).version:
            raise NotFound(f"agent {agent} remembers nothing; `longhaul list` names the agents that have jobs")
        policy = chosen or Policy(days=longhaul.settings.compact_days)
        return policy, await compacted(longhaul, agent, policy)

    policy, done = connected(use)
    if done[1] or output != "text":
        return print_change(agent, done, output)
    show(f"nothing was compacted: {policy.entries} entries of a section must be {policy.days:g} days old for it")
    return next_commands(f"longhaul memory show {agent}")
