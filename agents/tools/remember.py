"""remember: writes facts into the agent's memory, in the commit that records the outcome."""

from typing import Self

from pydantic import Field, ValidationError, model_validator

from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import ToolInvalid
from domain.frozen import Id
from domain.memory import EntryText, Remembered, Source, Trust, source_read
from domain.sections import HELD_BY_PEOPLE, Section

RULES = "{!r} holds rules, and nothing enters it from a job that was told memories from elsewhere; a person can add it"


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

    def remembered(self, influence: Trust = Trust.OWN, job: str = "") -> Remembered:
        """What is to be remembered: without a source, as trusted as what the job has read.

        Raises `ValueError` for a section that it cannot enter.
        """
        source = self.source or source_read(influence, job)
        return Remembered.model_validate({**self.model_dump(), "trust": self.trust.with_(influence), "source": source})


class RememberArgs(Args):
    """`memories`: a list of {section, text, topic, source}; an older entry of the same section and topic leaves.

    `agent` is for whom, if it is not for you: another agent that lets you write.
    """

    memories: tuple[Fact, ...] = Field(min_length=1, max_length=50)
    agent: Id | None = None


async def _run(ctx: ToolContext, args: RememberArgs) -> ToolResult:
    ctx.last_check()
    sections = ", ".join(dict.fromkeys(memory.section.value for memory in args.memories))
    try:
        memories = tuple(memory.remembered(ctx.influence, ctx.job) for memory in args.memories)
    except ValidationError as error:
        raise ToolInvalid(error.errors()[0]["msg"]) from error
    if ctx.told.is_theirs and (rules := [memory for memory in memories if memory.section in HELD_BY_PEOPLE]):
        raise ToolInvalid(RULES.format(rules[0].section.value))
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
