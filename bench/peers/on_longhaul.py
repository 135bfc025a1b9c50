"""Longhaul: a job of one tool call an effect, by each of the effects that a tool can declare.

Everything is as a user has it, but for the rate limits, which are off, and the tool's deadline (`SECONDS`). With `once`
a call whose outcome is unknown becomes a question; the person who answers it here looks at the witness first.
"""

import asyncio
from typing import Any

from temporalio.service import RPCError, RPCStatusCode

from agents.model import Context, Reply
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from bench.peers.errand import Errand, leave
from bench.peers.witness import Witness
from domain.answers import Effect
from domain.head import Head
from domain.job import JobState
from domain.todo import ItemStatus
from settings import Settings
from starter.client import Longhaul, request
from worker import Agents, running

SECONDS = 2.0
"""The hard deadline of a call: a retry of `lookup` and `once` waits it out. A tool has 60 s if it does not say."""
LOOK_EVERY = 0.1
INSERT = "insert into effects (run, effect) values (%s, %s)"


class EffectArgs(Args):
    """Which effect of the run, from 0."""

    effect: int


class OneByOne:
    """A model that plans an item for each effect and makes the first that is not done."""

    name = "one by one"

    async def reply(self, context: Context) -> Reply:
        """One answer."""
        state = context.state
        assert state.asked is not None
        effects = state.asked.inputs["effects"]
        assert isinstance(effects, int)
        plan = [{"item": _item(effect), "text": f"make effect {effect}"} for effect in range(effects)]
        left = [effect for effect in range(effects) if _item(effect) not in _done(state)]
        if state.planned_revision and not left:
            return Reply({"says": "all made", "intent": {"kind": "finish", "result": f"{effects} effects"}})
        use = {"kind": "use_tool", "tool": "make", "args": {"effect": left[0]}, "item": _item(left[0])}
        return Reply({"says": "next", "intent": use, "plan": None if state.planned_revision else plan})


def _item(effect: int) -> str:
    return f"effect-{effect}"


def _done(state: JobState) -> set[str]:
    return {item.item for item in state.todo if item.status is ItemStatus.COMPLETED}


def make(errand: Errand) -> Tool[Any]:
    """The tool that makes an effect in the errand's way."""
    effect = Effect(errand.way)

    async def send(ctx: ToolContext, args: EffectArgs) -> ToolResult:
        ctx.last_check()
        witness, keyed = errand.witness(ctx.job), effect is Effect.KEYED
        await asyncio.to_thread(witness.make, args.effect, ctx.key, honours_keys=keyed)
        return ToolResult(text="made")

    async def insert(ctx: ToolContext, args: EffectArgs) -> ToolResult:
        assert ctx.execute is not None
        with errand.witness(ctx.job).around(args.effect):
            await ctx.execute(INSERT, (ctx.job, args.effect))
        return ToolResult(text="inserted")

    async def look(ctx: ToolContext, args: EffectArgs) -> ToolResult | None:
        return ToolResult(text="it is there") if errand.witness(ctx.job).look(args.effect, ctx.key) else None

    return Tool(
        name="make",
        effect=effect,
        args=EffectArgs,
        run=insert if effect is Effect.TRANSACTIONAL else send,
        summary=lambda args: f"make {args.effect}",
        lookup=look if effect is Effect.LOOKUP else None,
        seconds=SECONDS,
    )


async def one(longhaul: Longhaul, errand: Errand, run: str) -> None:
    """Starts the run, unless a process before this one has, and waits for its end."""
    if not errand.again:
        asked = request("effects", f"agent-{run}", {"effects": errand.effects}, "make them all", "bench", job=run)
        await longhaul.start(asked)
    witness = errand.witness(run)
    asks = errand.way == Effect.ONCE and not errand.warm  # when nobody dies, nothing is asked
    person = asyncio.create_task(_answers(longhaul, run, witness)) if asks else None
    result = await _result(longhaul, run)
    if person:
        person.cancel()
    if result["status"] != "completed":
        raise RuntimeError(f"{run} is {result['status']}: {result['text']}")
    witness.ended()


async def _result(longhaul: Longhaul, run: str) -> dict[str, Any]:
    """What the job's workflow gives back; its agent may not have started it yet."""
    while True:
        try:
            result: dict[str, Any] = await longhaul.temporal.get_workflow_handle(f"job/{run}").result()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            await asyncio.sleep(LOOK_EVERY)
        else:
            return result


async def _answers(longhaul: Longhaul, run: str, witness: Witness) -> None:
    """A person: asked what became of a call, looks at the witness and answers by what is there."""
    while True:
        state = (await longhaul.jobs.find(run, Head())).state
        asked = {request.id for request in state.requests}
        for unknown in state.unknown:
            if unknown.is_open and unknown.request in asked:
                effect = int(str(unknown.open.call.args["effect"]))
                text = "sent" if witness.look(effect, f"{run}/{unknown.open.key}") else "again"
                await longhaul.say(run, "answer", {"by": "bench", "request": unknown.request, "text": text})
                witness.answered(effect)
        await asyncio.sleep(LOOK_EVERY)


async def main() -> None:
    """Carries the errand out."""
    errand, settings = Errand.given(), Settings.load()
    async with (
        running(settings, Agents({"effects": OneByOne()}, {"make": make(errand)})),
        Longhaul.connect(settings) as longhaul,
    ):
        await asyncio.sleep(errand.idle)
        for runs in errand.legs():
            await asyncio.gather(*(one(longhaul, errand, run) for run in runs))
        leave()


if __name__ == "__main__":
    asyncio.run(main())
