"""What a transactional tool gives back, kept in the transaction that also records its outcome."""

from collections.abc import Sequence
from typing import Any

from activities.outcomes import contents
from agents.tools.tool import ToolResult
from domain.memory import AgentEvent, AgentState, Author
from stores import artifacts
from stores.memory import Memories
from stores.postgres import Connection


class Statements:
    """Runs a tool's SQL inside that transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def __call__(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = await self.connection.execute(sql.encode(), params)
        return await cursor.fetchall() if cursor.description else []


async def keep(connection: Connection, memories: Memories, agent: str, author: Author, result: ToolResult) -> None:
    """Stores contents and changes the memory of the agent, or of the one that is told.

    Raises `ToolInvalid` for an entry that is not there, and for what may not enter another agent's memory.
    """
    for content in contents(result):
        await artifacts.keep(connection, content)

    def judged(memory: AgentState) -> tuple[AgentEvent, ...]:
        if result.told:
            return memory.remember_for(agent, result.memories, author)
        gone = memory.forget(result.forgotten, author.name)
        return (*gone, *memory.apply_all(gone).remember(result.memories, author))

    if result.memories or result.forgotten:
        await memories.append_within(connection, result.told or agent, judged, result.forgotten)
