"""The campaign's tools: one for each effect, whose targets are the world; and `pay`, which needs approval.

look  pure            keep  transactional: a row, a fact in the agent's memory, a file
post  keyed           find  lookup            send  once            pay  keyed, guarded
"""

import json
import time
from typing import Any

import httpx2
from temporalio import activity

from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from chaos.campaign.client import World
from chaos.campaign.script import remembered
from domain.answers import Effect
from domain.errors import ToolUnsent
from domain.memory import Remembered
from domain.sections import Section

SECONDS = 1.5
"""The hard deadline of a call: short, so that a run outlives many."""
IN_TRANSACTION_SECONDS = 10.0
TABLE = "create table kept (key text, job text, item text, at timestamptz not null default clock_timestamp())"
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class ItemArgs(Args):
    """Which item the call is for."""

    item: str


def tools(world: World) -> dict[str, Tool[Any]]:
    """All of them, by name."""
    targets = _Targets(world)
    made = (
        _tool("look", Effect.PURE, _look),
        _tool("keep", Effect.TRANSACTIONAL, _keep, seconds=IN_TRANSACTION_SECONDS),
        _tool("post", Effect.KEYED, targets.send),
        _tool("find", Effect.LOOKUP, targets.send, lookup=targets.look_up),
        _tool("send", Effect.ONCE, targets.send),
        _tool("pay", Effect.KEYED, targets.send, guarded=True),
    )
    return {each.name: each for each in made}


def _tool(name: str, effect: Effect, run: Any, seconds: float = SECONDS, **more: Any) -> Tool[Any]:
    def summary(args: Any) -> str:
        return f"{name} {args.item}"

    return Tool(name=name, effect=effect, args=ItemArgs, run=run, summary=summary, seconds=seconds, **more)


async def _look(ctx: ToolContext, args: ItemArgs) -> ToolResult:
    return ToolResult(text=f"looked at {args.item}")


async def _keep(ctx: ToolContext, args: ItemArgs) -> ToolResult:
    assert ctx.execute is not None
    ctx.last_check()
    await ctx.execute("insert into kept (key, job, item) values (%s, %s, %s)", (ctx.key, ctx.job, args.item))
    kept = Remembered(section=Section.LEARNINGS, text=f"{ctx.job} kept {remembered(ctx.job, args.item)}")
    name = args.item.replace(":", "-")
    return ToolResult(text="kept", memories=(kept,), files={f"kept/{name}.txt": ctx.key.encode()})


class _Targets:
    """Sends to the world, and judges what it answers as an honest tool does."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def send(self, ctx: ToolContext, args: ItemArgs) -> ToolResult:
        tool, attempt = args.item.partition(":")[0], activity.info().attempt
        body = {"tool": tool, "key": ctx.key, "job": ctx.job, "item": args.item, "step": ctx.step, "attempt": attempt}
        ctx.last_check()
        try:
            answer = await self.world.post("/effects", {**body, "checked": time.time()})
        except NOT_SENT as error:
            raise ToolUnsent(f"the target is not there: {error}") from error
        if answer.status_code == 429:
            raise ToolUnsent("the target takes no more now", kind="rate_limited")
        answer.raise_for_status()
        return ToolResult(text=f"taken as {json.loads(answer.text)['taken']}")

    async def look_up(self, ctx: ToolContext, args: ItemArgs) -> ToolResult | None:
        return ToolResult(text="the target has it") if await self.world.knows(ctx.key) else None
