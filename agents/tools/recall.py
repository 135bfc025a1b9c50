"""recall: searches the agent's own memory, archive included, or another agent's where that was granted.

Its content: the entries that were found, as they stand in memory.md. Its data: {"found"}, how many.
"""

from functools import reduce
from typing import Annotated

from pydantic import Field

from agents.survey.words import plain
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import Refused, ToolInvalid
from domain.frozen import Id, Text
from domain.memory import Trust
from domain.packing import shown


class RecallArgs(Args):
    """What is wanted, in words that would stand there. `agent` is whose memory, if it is not yours."""

    question: Text
    agent: Id | None = None
    tokens: Annotated[int, Field(ge=50, le=4000, description="how much the entries may have together")] = 1000


async def _run(ctx: ToolContext, args: RecallArgs) -> ToolResult:
    assert ctx.recall is not None
    try:
        entries = await ctx.recall(args.question, args.agent or ctx.agent, args.tokens)
    except Refused as error:
        raise ToolInvalid(str(error)) from error
    whose = f"agent {args.agent}" if args.agent else "your memory"
    content = shown(entries).encode() if entries else None
    trust = reduce(Trust.with_, (entry.trust for entry in entries), Trust.TOOL if args.agent else Trust.OWN)
    text = f"{len(entries)} entries of {whose} on: {plain(args.question, 200)}"
    return ToolResult(text=text, data={"found": len(entries)}, content=content, trust=trust)


def _summary(args: RecallArgs) -> str:
    return f"recall {plain(args.question, 200)}" + (f", of agent {args.agent}" if args.agent else "")


RECALL = Tool(
    name="recall",
    effect=Effect.PURE,
    args=RecallArgs,
    run=_run,
    summary=_summary,
    about="Searches what you remember, also what no longer stands in memory.md; or another agent's memory, if you may.",
)
