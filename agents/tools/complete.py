"""complete: the work of an item is done and needs no further call; its note says what was done."""

from typing import Annotated

from pydantic import StringConstraints

from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.memory import Trust

Note = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class CompleteArgs(Args):
    """`note` is what people read beside the completed item (1 to 2,000 characters)."""

    note: Note


async def _run(ctx: ToolContext, args: CompleteArgs) -> ToolResult:
    return ToolResult(text=args.note)


def _summary(args: CompleteArgs) -> str:
    return f"complete: {args.note}"


COMPLETE = Tool(
    name="complete",
    effect=Effect.PURE,
    gives=Trust.OWN,
    args=CompleteArgs,
    run=_run,
    summary=_summary,
    about="Completes an item of the plan whose work is done. The note says to people what was done.",
)
