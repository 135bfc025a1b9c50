"""remember: writes facts into the agent's memory, in the commit that records the outcome."""

from typing import Self

from pydantic import Field, model_validator

from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.frozen import Id
from domain.memory import EntryText, Remembered, Source, Trust
from domain.sections import Section


class Fact(Args):
    """`source` is where a tool or a page said it; empty for a conclusion of your own."""

    section: Section
    text: EntryText
    topic: str = ""
    source: Source = ""

    @property
    def trust(self) -> Trust:
        """Whose word it is."""
        if not self.source:
            return Trust.OWN
        return Trust.WEB if "://" in self.source else Trust.TOOL

    @model_validator(mode="after")
    def _remembered(self) -> Self:
        self.remembered()
        return self

    def remembered(self) -> Remembered:
        """What is to be remembered. Raises `ValueError` for a section that it cannot enter."""
        return Remembered(**self.model_dump(), trust=self.trust)


class RememberArgs(Args):
    """`memories`: a list of {section, text, topic, source}; an older entry of the same section and topic leaves.

    `agent` is for whom, if it is not for you: another agent that lets you write.
    """

    memories: tuple[Fact, ...] = Field(min_length=1, max_length=50)
    agent: Id | None = None


async def _run(ctx: ToolContext, args: RememberArgs) -> ToolResult:
    ctx.last_check()
    sections = ", ".join(dict.fromkeys(memory.section.value for memory in args.memories))
    memories = tuple(memory.remembered() for memory in args.memories)
    told = "" if args.agent in {None, ctx.agent} else f"{args.agent}"
    whom = f" for agent {told}" if told else ""
    return ToolResult(text=f"remembered {len(memories)} under {sections}{whom}", memories=memories, told=told)


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
