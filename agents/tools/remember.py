"""remember: writes facts into the agent's memory, in the commit that records the outcome."""

from pydantic import Field

from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.memory import Remembered


class RememberArgs(Args):
    """`memories`: a list of {section, text, topic}; an older entry of the same section and topic leaves."""

    memories: tuple[Remembered, ...] = Field(min_length=1, max_length=50)


async def _run(ctx: ToolContext, args: RememberArgs) -> ToolResult:
    ctx.last_check()
    sections = ", ".join(dict.fromkeys(memory.section.value for memory in args.memories))
    return ToolResult(text=f"remembered {len(args.memories)} under {sections}", memories=args.memories)


def _summary(args: RememberArgs) -> str:
    return f"remember {len(args.memories)}: {args.memories[0].text}"


REMEMBER = Tool(
    name="remember",
    effect=Effect.TRANSACTIONAL,
    args=RememberArgs,
    run=_run,
    summary=_summary,
    about="Writes facts into your memory, which all your later jobs are told.",
)
