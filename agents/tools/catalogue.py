"""Tools as the core sees them: what `domain.decision` checks a model's answer against."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from agents.tools.tool import Tool
from domain.errors import NotFound
from domain.tools import Batch, ToolFacts


def facts(tool: Tool[Any]) -> ToolFacts:
    """The core's view of one tool."""

    def check(args: dict[str, Any]) -> dict[str, Any]:
        try:
            checked: dict[str, Any] = tool.args.model_validate_json(json.dumps(args), strict=True).model_dump(
                mode="json"
            )
        except ValidationError as error:
            raise ValueError(_first_fault(error)) from error
        return checked

    def summary(args: dict[str, Any]) -> str:
        return tool.summary(tool.args.model_validate(args))

    def batch(args: dict[str, Any]) -> Batch | None:
        return tool.batch(tool.args.model_validate(args)) if tool.batch else None

    return ToolFacts(
        name=tool.name,
        effect=tool.effect,
        guarded=tool.guarded,
        check=check,
        summary=summary,
        batch=batch,
        about=tool.about,
        schema=tool.args.model_json_schema(),
        capability=tool.capability,
    )


def placed(tools: Mapping[str, Tool[Any]], capabilities: Mapping[str, str]) -> dict[str, Tool[Any]]:
    """The tools, those named in `capabilities` (tool to capability) with that one. Raises `NotFound` for any other."""
    for name in capabilities.keys() - tools.keys():
        raise NotFound(f"tool {name!r} of LONGHAUL_TOOL_CAPABILITIES; there are {', '.join(sorted(tools))}")
    return {name: replace(tool, capability=capabilities.get(name, tool.capability)) for name, tool in tools.items()}


def catalogue(tools: Iterable[Tool[Any]]) -> dict[str, ToolFacts]:
    """Every tool's facts by name. Two tools of one name are a mistake in the program."""
    found: dict[str, ToolFacts] = {}
    for tool in tools:
        if tool.name in found:
            raise ValueError(f"two tools are named {tool.name!r}")
        found[tool.name] = facts(tool)
    return found


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
