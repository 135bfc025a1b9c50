"""NUL, lone surrogates, NaN, 20,000-deep JSON, repeated keys, 5 MB: refused with a reason, or stored by reference.

Whatever it is and wherever it comes in, nothing is retried for ever, and the next job and the next message go on.
"""

import json
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.common import RawValue

from agents.model import Context, Model, Reply
from agents.tools.tool import Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import Refused, Unstorable
from settings import Settings
from starter.client import Longhaul, request
from stores import artifacts
from tests.support.jobs import ended, events, of_type, toy, verified, waits
from tests.support.toys import Toy, ToyArgs, toy_tools
from tests.support.witness import Witness
from worker import Agents, running

DEPTH = 20_000
MEGABYTES_5 = 5_000_000


def _deep() -> Any:
    found: Any = "x"
    for _ in range(DEPTH):
        found = [found]
    return found


POISON: dict[str, Any] = {
    "nul": "a\x00b",
    "surrogate": "a\ud800b",
    "nan": float("nan"),
    "deep": _deep(),
    "large": "x" * MEGABYTES_5,
}


def _raw(data: bytes) -> RawValue:
    return RawValue(Payload(metadata={"encoding": b"json/plain"}, data=data))


RAW: dict[str, RawValue] = {
    "nul": _raw(rb'{"by": "ann", "text": "a\u0000b"}'),
    "a key with nul": _raw(rb'{"by": "ann", "text": "x", "a\u0000b": 1}'),
    "surrogate": _raw(rb'{"by": "ann", "text": "a\ud800b"}'),
    "a key with a surrogate": _raw(rb'{"by": "ann", "text": "x", "a\ud800b": 1}'),
    "nan": _raw(b'{"by": "ann", "text": NaN}'),
    "deep": _raw(b'{"by": "ann", "text": ' + b"[" * DEPTH + b"]" * DEPTH + b"}"),
    "as deep as it may be": _raw(b'{"by": "ann", "text": ' + b"[" * 150 + b"]" * 150 + b"}"),
    "repeated keys": _raw(b'{"by": "ann", "text": "x", "text": "", "by": ""}'),
    "as large as it may be": _raw(json.dumps({"by": "ann", "text": "x" * 1_500_000}).encode()),
}


class PoisonedModel:
    """Answers with what the job's `poison` names, at the place that its goal names."""

    name = "poisoned"

    async def reply(self, context: Context) -> Reply:
        assert context.state.asked is not None
        poison = POISON[str(context.state.asked.inputs["poison"])]
        use = {"kind": "use_tool", "tool": "pure", "item": "one", "args": {"revision": 1, "item": "one"}}
        answer: Any = {"says": "hm", "plan": [{"item": "one", "text": "do one"}], "intent": use}
        match context.state.asked.goal:
            case "whole":
                return Reply(poison)
            case "says":
                return Reply({**answer, "says": poison})
            case "args":
                return Reply({**answer, "intent": {**use, "args": {"revision": 1, "item": poison}}})
            case "key":
                return Reply({**answer, repr(poison)[:50] if not isinstance(poison, str) else poison: 1})
            case _:
                return Reply({**answer, "intent": {**use, "args": {"revision": 1, "item": "one", str(poison): 1}}})


PLACES = ("whole", "says", "args", "key", "key of args")


def _poisoned_tools(witness: Witness) -> dict[str, Tool[Any]]:
    """`poison:NAME` puts it into its text, `data:NAME` into its data, `error:NAME` raises it."""

    async def poison(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        tool, _, name = args.item.partition(":")
        ctx.last_check()
        witness.applied(args.item, ctx.key)
        found = POISON.get(name)
        match tool:
            case "error":
                raise RuntimeError(found)
            case "data":
                return ToolResult(text="done", data={"found": found})
            case "content":
                return ToolResult(text="done", content=b"x" * int(name))
            case _:
                return ToolResult(text=str(found))

    def tool(name: str) -> Tool[Any]:
        effect = Effect.PURE if name == "error" else Effect.ONCE
        return Tool(name, effect, ToyArgs, poison, lambda args: args.item[:50], seconds=30)

    return {name: tool(name) for name in ("text", "data", "content", "error")}


@pytest.fixture
def agents(witness: Witness) -> Agents:
    models: dict[str, Model] = {"toy": Toy(), "poisoned": PoisonedModel()}
    return Agents(models, {**toy_tools(witness, seconds=30), **_poisoned_tools(witness)})


@pytest.mark.parametrize("poison", POISON)
async def test_start_inputs_are_refused_with_the_reason(poison: str) -> None:
    with pytest.raises((Refused, Unstorable)) as refused:
        request("toy", "ann", {"items": [POISON[poison]]}, "do it", "ann")
    assert len(str(refused.value)) < 500


async def test_raw_job_requests_hold_up_no_other_job(settings: Settings, agents: Agents, unique: str) -> None:
    agent = f"agent-{unique}"
    good = toy(f"{unique}-good", "pure", agent=agent)
    bad = json.dumps(good.model_copy(update={"job": f"{unique}-bad"}).model_dump(mode="json"))
    poisoned = [
        rb'["a\u0000b"]',
        rb'["a\ud800b"]',
        b"[NaN]",
        b"[" * DEPTH + b"]" * DEPTH,
        b'["' + b"x" * 1_500_000 + b'"]',
    ]
    async with running(settings, agents), Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "guarded", agent=agent))
        await waits(longhaul, unique)
        handle = longhaul.temporal.get_workflow_handle(f"agent/{agent}")
        for items in poisoned:
            await handle.signal("request_job", _raw(bad.encode().replace(b'["pure"]', items)))
        await longhaul.start(good)
        assert (await ended(longhaul, good.job, 30)).status == "completed"
        assert await longhaul.tasks.job(f"{unique}-bad") is None


async def test_messages_are_refused_and_the_next_one_is_heard(settings: Settings, agents: Agents, unique: str) -> None:
    async with running(settings, agents), Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, "guarded"))
        asked = (await waits(longhaul, unique)).requests[0]
        for poison in POISON.values():
            with pytest.raises(Refused, match="not a valid message"):
                await longhaul.say(unique, "tell", {"by": "ann", "text": poison})
            with pytest.raises(Refused, match="not a valid message"):
                await longhaul.say(unique, "answer", {"by": "ann", "request": asked.id, "text": poison})
        await _signalled(longhaul.temporal, unique)
        await longhaul.say(unique, "approve", {"by": "ann", "request": asked.id}, patience=30)
        assert (await ended(longhaul, unique, 30)).status == "completed"
        happened = await events(longhaul, unique)
        assert not of_type(happened, "RequirementChanged", "StepFailed")
        refused = of_type(happened, "MessageRefused")
        assert len(refused) >= 2 * 5, "what can be read at all is recorded with the reason"
        assert all(getattr(event, "why", "") for event in refused)
        await verified(longhaul, unique)


async def _signalled(temporal: Client, job: str) -> None:
    """Every raw poison as a signal, past the client that would refuse it."""
    handle = temporal.get_workflow_handle(f"job/{job}")
    for kind in ("tell", "answer"):
        for raw in RAW.values():
            await handle.signal(kind, raw)


@pytest.mark.parametrize("place", PLACES)
async def test_model_answers_fail_the_job_with_the_reason(
    place: str, settings: Settings, agents: Agents, unique: str
) -> None:
    poisons = [name for name in POISON if place not in ("key", "key of args") or isinstance(POISON[name], str)]
    async with running(settings, agents), Longhaul.connect(settings) as longhaul:
        jobs = {name: f"{unique}-{name}" for name in poisons}
        for name, job in jobs.items():
            asked = toy(job, job_type="poisoned", goal=place)
            await longhaul.start(asked.model_copy(update={"inputs": {"poison": name}}))
        for job in jobs.values():
            state = await ended(longhaul, job, 30)
            assert state.status == "failed"
            happened = await events(longhaul, job)
            assert len(of_type(happened, "AnswerInvalid")) == 3
            assert "invalid answers in a row" in getattr(happened[-1], "why", "")
        await verified(longhaul, *jobs.values())


async def test_tool_results_are_kept_or_said_to_be_lost_and_the_effect_stands(
    settings: Settings, agents: Agents, witness: Witness, unique: str
) -> None:
    items = [f"text:{name}" for name in POISON if isinstance(POISON[name], str)] + [f"data:{name}" for name in POISON]
    items += [f"content:{MEGABYTES_5}", f"content:{artifacts.LARGEST + 1}"]
    async with running(settings, agents), Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy(unique, *items))
        state = await ended(longhaul, unique)
        assert state.status == "completed"
        happened = await events(longhaul, unique)
        assert not of_type(happened, "StepFailed", "OutcomeUnknown", "ToolFailed")
        found = {item.item: item.result for item in state.todo if item.result}
        await verified(longhaul, unique)
        for item in ("text:large", f"content:{MEGABYTES_5}"):
            ref = found[item].ref
            assert ref is not None
            assert len(await artifacts.fetch(longhaul.pool, ref)) == MEGABYTES_5
    lost = {item for item, result in found.items() if "could not be kept" in result.text}
    assert lost == {
        "text:nul",
        "text:surrogate",
        *(f"data:{name}" for name in POISON),
        f"content:{artifacts.LARGEST + 1}",
    }
    assert [effect["tool"] for effect in witness.effects()] == items, "nothing is done again for its result"


async def test_errors_of_tools_end_in_a_reason(settings: Settings, agents: Agents, unique: str) -> None:
    async with running(settings, agents), Longhaul.connect(settings) as longhaul:
        jobs = [f"{unique}-{name}" for name in POISON]
        for name, job in zip(POISON, jobs, strict=True):
            await longhaul.start(toy(job, f"error:{name}"))
        for job in jobs:
            assert (await ended(longhaul, job, 30)).status == "failed"
            assert len(of_type(await events(longhaul, job), "ToolFailed")) == 5
        await verified(longhaul, *jobs)
