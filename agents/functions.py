"""The functions that a language model may call, and the answer that its calls stand for.

    plan                    Answer.plan       beside one of the others
    a tool's name           UseTool           its own arguments, and for which item of the plan it is
    ask, finish, give_up    the intent of that name

Everything that it says is foreign: JSON is read strictly, and the core then checks the answer as it checks any other.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from agents.tools.reference import MARK
from domain.answers import Ask, Finish, GiveUp, Usage
from domain.errors import InvalidAnswer
from domain.frozen import Frozen
from domain.todo import ItemId, ItemText
from domain.tools import Catalogue, ToolFacts

PLAN = "plan"
COMPLETE = "complete"
ITEM, COMPLETES = "todo_item", "completes_item"
SAYS = 4000
DIGEST = re.compile(r"[0-9a-f]{64}")
LONGEST_TEXT = 1_000_000

Keep = Callable[[bytes], Awaitable[str]]
"""Stores a content and returns its SHA-256."""


@dataclass(frozen=True)
class Function:
    """A function as a language model is told of it; `schema` is the JSON Schema of its arguments."""

    name: str
    about: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A function that the model called; `args` as the provider handed them on."""

    name: str
    args: str | Mapping[str, Any] | None


@dataclass(frozen=True)
class Said:
    """What the model said: text, calls, what both cost, and whether it was cut off at the model's limit of tokens."""

    text: str
    calls: tuple[Call, ...]
    usage: Usage
    cut: bool


class _Item(Frozen):
    item: ItemId = Field(description="a short id that stays, such as read or write-report")
    text: ItemText = Field(description="what is to be done, as people read it")


class _Plan(Frozen):
    items: tuple[_Item, ...] = Field(
        description="every item that is still to do, in order; keep the id of an item that stays"
    )


ENDS: dict[str, type[BaseModel]] = {"ask": Ask, "finish": Finish, "give_up": GiveUp}
ABOUT = {
    PLAN: "Replaces the items still to do. Call it together with the function that begins the work on them.",
    "ask": "Asks a person, and waits for days if need be. `default` is what you do when nobody answers.",
    "finish": "Ends the job with its result, once every item is completed. `learnings` go into your memory.",
    "give_up": "Ends the job as failed, when it cannot be done.",
}


def functions(tools: Catalogue) -> tuple[Function, ...]:
    """All that may be called: the job's tools, `plan`, and what ends a turn."""
    own: dict[str, type[BaseModel]] = {PLAN: _Plan, **ENDS}
    return (
        *(_of_tool(tool) for tool in tools.values()),
        *(Function(name, ABOUT[name], _without_kind(model.model_json_schema())) for name, model in own.items()),
    )


def _of_tool(tool: ToolFacts) -> Function:
    properties = {name: _asked_for(name, given) for name, given in tool.schema.get("properties", {}).items()}
    if taken := {ITEM, COMPLETES} & properties.keys():
        raise ValueError(f"tool {tool.name}: an argument named {min(taken)} cannot be offered to a language model")
    properties[ITEM] = {"type": "string", "description": "the id of the open item that this call is for"}
    if tool.name != COMPLETE:
        properties[COMPLETES] = {"type": "boolean", "description": "whether its success completes that item"}
    required = [*tool.schema.get("required", ()), ITEM, *([COMPLETES] if tool.name != COMPLETE else [])]
    schema = {**tool.schema, "properties": properties, "required": required, "additionalProperties": False}
    guarded = " A person must approve each call." if tool.guarded else ""
    return Function(tool.name, f"{tool.about}{guarded}".strip(), schema)


def _asked_for(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An argument as the model sees it: where the call takes a reference, the model may write the text itself."""
    if not schema.get(MARK):
        return schema
    return {"type": "string", "title": name, "description": "the text itself, or the ref of an earlier result"}


def _without_kind(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "properties": {name: p for name, p in schema["properties"].items() if name != "kind"}}


async def answer(calls: tuple[Call, ...], text: str, tools: Catalogue, keep: Keep) -> dict[str, Any]:
    """What the calls stand for, as the JSON of an `Answer`. Raises `InvalidAnswer` with what would be right."""
    plans = [call for call in calls if call.name == PLAN]
    acts = [call for call in calls if call.name != PLAN]
    if not acts:
        raise InvalidAnswer("no function was called but plan; right is one that begins the work, or ask or finish")
    act = acts[0]
    says = (text.strip() or act.name)[:SAYS]
    plan = arguments(plans[-1]).get("items") if plans else None
    return {"says": says, "plan": plan, "intent": await _intent(act, tools, keep)}


async def _intent(call: Call, tools: Catalogue, keep: Keep) -> dict[str, Any]:
    args = arguments(call)
    if call.name in ENDS:
        return {**args, "kind": call.name}
    if call.name not in tools:
        raise InvalidAnswer(f"there is no function {call.name!r}; there are {', '.join([*tools, PLAN, *ENDS])}")
    if ITEM not in args:
        raise InvalidAnswer(f"{call.name}: {ITEM} is missing; it is the id of the open item that the call is for")
    item, completes = args.pop(ITEM), args.pop(COMPLETES, False)
    args = await _kept(tools[call.name], args, keep)
    completes = True if call.name == COMPLETE else completes
    return {"kind": "use_tool", "tool": call.name, "args": args, "item": item, "completes": completes}


async def _kept(tool: ToolFacts, args: dict[str, Any], keep: Keep) -> dict[str, Any]:
    """The arguments, with each text that goes by reference kept as an artifact."""
    texts = [name for name, schema in tool.schema.get("properties", {}).items() if schema.get(MARK)]
    for name in texts:
        text = args.get(name)
        if isinstance(text, str) and not DIGEST.fullmatch(text):
            args[name] = await keep(_encoded(f"{tool.name}: {name}", text))
    return args


def _encoded(what: str, text: str) -> bytes:
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise InvalidAnswer(f"{what} is no text: {error.reason}") from error
    if len(content) > LONGEST_TEXT:
        raise InvalidAnswer(f"{what} has {len(content)} bytes, at most {LONGEST_TEXT}")
    return content


def arguments(call: Call) -> dict[str, Any]:
    """The call's arguments. Raises `InvalidAnswer` for what is no JSON object, or names a key twice."""
    if isinstance(call.args, Mapping):
        return dict(call.args)
    try:
        found = json.loads(call.args or "{}", object_pairs_hook=_unique, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise InvalidAnswer(f"the arguments of {call.name} are no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidAnswer(f"the arguments of {call.name} are no JSON object")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
