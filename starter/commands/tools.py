"""What agents can call."""

from typing import Any

from agents.tools.tool import Tool
from starter.commands.options import Output
from starter.installed import installed
from starter.output import data, next_commands, table

PROMISES = {
    "pure": "changes nothing, may run again",
    "transactional": "effectively once",
    "keyed": "effectively once, by its key",
    "lookup": "effectively once, but for a pause at the wrong instant",
    "once": "at most once; in doubt a person decides",
}


def tools_(*, output: Output = "text") -> None:
    """List the tools, what each does to the world, and what a retry of it promises."""
    loaded = installed()
    found = [_shown(tool, loaded.origin[name]) for name, tool in sorted(loaded.tools.items())]
    if output != "text":
        return data(found, output)
    columns = ("tool", "effect", "approval", "seconds", "promise", "from")
    table(
        columns,
        [(t["tool"], t["effect"], t["approval"], f"{t['seconds']:g}", t["promise"], t["from"]) for t in found],
    )
    next_commands("longhaul start --help")


def _shown(tool: Tool[Any], origin: str) -> dict[str, Any]:
    return {
        "tool": tool.name,
        "effect": tool.effect.value,
        "approval": ("each batch" if tool.batch else "each call") if tool.guarded else "",
        "seconds": tool.seconds,
        "promise": PROMISES[tool.effect],
        "capability": tool.capability,
        "from": origin,
        "arguments": tool.args.model_json_schema(),
    }
