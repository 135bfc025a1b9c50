"""forget: takes entries out of the agent's memory, in the commit that records the outcome."""

from pydantic import Field

from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.memory import EntryId


class ForgetArgs(Args):
    """`entries` are the ids of what is to be forgotten, as they stand before the memories."""

    entries: tuple[EntryId, ...] = Field(min_length=1, max_length=50)


async def _run(ctx: ToolContext, args: ForgetArgs) -> ToolResult:
    ctx.last_check()
    return ToolResult(text=_summary(args), forgotten=args.entries)


def _summary(args: ForgetArgs) -> str:
    return f"forget {', '.join(args.entries[:5])}"


FORGET = Tool(
    name="forget",
    effect=Effect.TRANSACTIONAL,
    args=ForgetArgs,
    run=_run,
    summary=_summary,
    about="Takes entries out of your memory, by the ids that stand before them.",
)
