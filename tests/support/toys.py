"""A toy agent: a model that plans one item for each effect it is asked for, and one tool for each effect."""

from typing import Any

from agents.model import Context, Reply
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.job import JobState
from domain.memory import Remembered
from domain.sections import Section
from domain.todo import ItemStatus
from tests.conftest import until
from tests.support.witness import Witness

SECONDS = 2.0
"""The hard deadline of a toy call: short, so that tests outlive it quickly."""

HELD_SECONDS = 60.0
"""The deadline of a call that a test holds up."""

IN_TRANSACTION_SECONDS = 10.0
"""Longer than Postgres lets a suspended worker hold a row, as any real tool's."""


class ToyArgs(Args):
    """Which revision and which item the call is for."""

    revision: int
    item: str


def toy_tools(witness: Witness, seconds: float = SECONDS) -> dict[str, Tool[Any]]:
    """One tool for each effect, `guarded`, which needs approval, and `held`, which the witness holds up."""

    async def pure(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        return ToolResult(text=f"looked at {args.item}")

    async def transactional(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        assert ctx.execute is not None
        await ctx.execute("insert into toys (key, item) values (%s, %s)", (ctx.key, args.item))
        fact = Remembered(section=Section.LEARNINGS, text=f"{ctx.job} kept {args.item} as {ctx.key}")
        return ToolResult(text="kept", memories=(fact,), files={f"{args.item}.txt": ctx.key.encode()})

    async def keyed(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        ctx.last_check()
        return ToolResult(text="sent" if witness.applied("keyed", ctx.key, once_a_key=True) else "had it")

    async def sent(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        ctx.last_check()
        witness.applied(args.item, ctx.key)
        return ToolResult(text="sent")

    async def held(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        result = await sent(ctx, args)
        await until(witness.lets_go, HELD_SECONDS)
        return result

    async def lookup(ctx: ToolContext, args: ToyArgs) -> ToolResult | None:
        return ToolResult(text="the target has it") if witness.knows(ctx.key) else None

    def tool(name: str, effect: Effect, run: Any, longest: float = 0.0, **more: Any) -> Tool[Any]:
        return Tool(
            name=name,
            effect=effect,
            args=ToyArgs,
            run=run,
            summary=lambda args: f"{name} {args.item} (revision {args.revision})",
            seconds=max(seconds, longest),
            **more,
        )

    tools = (
        tool("pure", Effect.PURE, pure),
        tool("transactional", Effect.TRANSACTIONAL, transactional, longest=IN_TRANSACTION_SECONDS),
        tool("keyed", Effect.KEYED, keyed),
        tool("lookup", Effect.LOOKUP, sent, lookup=lookup),
        tool("once", Effect.ONCE, sent),
        tool("guarded", Effect.ONCE, sent, guarded=True),
        tool("held", Effect.ONCE, held, longest=HELD_SECONDS),
    )
    return {each.name: each for each in tools}


class Toy:
    """Works through `inputs["items"]`, each `TOOL` or `TOOL:anything`. A change adds an item, or drops one."""

    name = "toy"

    async def reply(self, context: Context) -> Reply:
        state = context.state
        left = [item for item in wanted(state) if item not in _behind(state)]
        stale = state.planned_revision < state.revision or any(i.item not in wanted(state) for i in _undone(state))
        kept = [item for item in wanted(state) if item not in _refused(state) and item not in _done(state)]
        plan = [{"item": item, "text": f"do {item}"} for item in kept]
        if not left:
            done = {
                "kind": "finish",
                "result": f"{len(_done(state))} done",
                "learnings": [f"{state.revision} revisions"],
            }
            return Reply({"says": "done", "plan": plan if stale or _refused(state) else None, "intent": done})
        use = {
            "kind": "use_tool",
            "tool": left[0].partition(":")[0],
            "args": {"revision": state.revision, "item": left[0]},
            "item": left[0],
        }
        return Reply({"says": f"next: {left[0]}", "plan": plan if stale else None, "intent": use})


def wanted(state: JobState) -> list[str]:
    """The items that the job is to do now: those of its inputs, without those that a change has taken out."""
    assert state.asked is not None
    items = state.asked.inputs["items"]
    assert isinstance(items, list)
    words = [str(item) for item in items]
    for said in state.requirements:
        verb, _, what = said.text.partition(" ")
        words = [word for word in words if word != what] if verb == "drop" else [*words, what]
    return list(dict.fromkeys(words))


def _behind(state: JobState) -> set[str]:
    """Items that are done, refused, or wait for a person's word on their outcome."""
    unknown = {call.open.call.item for call in state.unknown if call.happened is not False}
    return _done(state) | _refused(state) | {item for item in unknown if not _sent_again(state, item)}


def _sent_again(state: JobState, item: str) -> bool:
    return any(call.open.call.item == item and call.verdict == "again" for call in state.unknown)


def _undone(state: JobState) -> list[Any]:
    return [item for item in state.todo if item.status is not ItemStatus.COMPLETED]


def _done(state: JobState) -> set[str]:
    return {item.item for item in state.todo if item.status is ItemStatus.COMPLETED}


def _refused(state: JobState) -> set[str]:
    refused = any(consent.verdict != "granted" for consent in state.consents)
    skipped = {call.open.call.item for call in state.unknown if call.verdict == "skip"}
    return skipped | ({item for item in wanted(state) if item.startswith("guarded")} if refused else set())
