"""A toy job for tests of the pure core: it sends a few things, one of them guarded."""

from typing import Any

from domain import decision
from domain.answers import Answer, Effect, Usage
from domain.events import JobEvent, JobOpened, JobRequested, Limits, TurnTaken
from domain.job import JobState
from domain.todo import ItemStatus
from domain.tools import Batch, Catalogue, ToolFacts

NOW = 1_800_000_000.0
DEFAULT = ("guarded", "keyed", "once")


def requested(job: str = "toy-1", agent: str = "ann", **fields: Any) -> JobRequested:
    return JobRequested(job=job, agent=agent, job_type="toy", goal="send it all", requested_by="bob", **fields)


def facts(name: str, effect: Effect, **more: Any) -> ToolFacts:
    fields: dict[str, Any] = {"guarded": False, "check": lambda args: args, "summary": lambda args: f"{name} {args}"}
    return ToolFacts(name, effect, **{**fields, **more})


def batch(args: dict[str, Any]) -> Batch:
    """A batch is named by a letter."""
    return Batch(digest=args["batch"] * 64, about=f"all of batch {args['batch']}")


TOOLS: Catalogue = {
    **{effect.value: facts(effect.value, effect) for effect in Effect},
    "guarded": facts("guarded", Effect.ONCE, guarded=True),
    "many": facts("batched", Effect.ONCE, guarded=True, batch=batch),
}


def opened(limits: Limits | None = None) -> JobState:
    """A job that has its turn and knows nothing yet."""
    asked = requested(limits=limits or Limits())
    return JobState().apply_all([asked, JobOpened(at=NOW), TurnTaken(at=NOW)])


def answer(state: JobState, tools: tuple[str, ...] = DEFAULT) -> Answer:
    """What the toy's model says: a plan with one item for each tool, the next open item, or that it is done."""
    plan = (
        [{"item": tool, "text": f"use {tool}"} for tool in tools] if state.planned_revision < state.revision else None
    )
    done = {item.item for item in state.todo if item.status is ItemStatus.COMPLETED}
    waiting = {unknown.open.call.item for unknown in state.unknown if unknown.verdict is None}
    refused = {"guarded"} if any(c.verdict != "granted" for c in state.consents) else set()
    present = set(tools) if plan else {item.item for item in state.todo}
    left = [tool for tool in tools if tool in present - done - waiting - refused]
    if not left:
        gone = refused & (present - done)
        kept = [{"item": i.item, "text": i.text} for i in state.todo if i.item not in gone and i.item not in done]
        plan = kept if gone else plan
        return Answer.model_validate(
            {"says": "done", "plan": plan, "intent": {"kind": "finish", "result": "all of it"}}
        )
    use = {"kind": "use_tool", "tool": left[0], "args": {"revision": state.revision}, "item": left[0]}
    return Answer.model_validate({"says": "on it", "plan": plan, "intent": use})


def decided(state: JobState, now: float = NOW, tools: tuple[str, ...] = DEFAULT) -> tuple[JobEvent, ...]:
    """The events of the toy model's next answer."""
    terms = decision.Terms(now=now)
    return decision.decided(state, answer(state, tools), TOOLS, terms, model="toy", usage=Usage())
