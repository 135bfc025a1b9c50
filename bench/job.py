"""The job that is measured: a model that always knows, and a keyed tool whose target is at hand."""

from typing import Any

from agents.model import Context, Reply
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.todo import ItemStatus

ITEMS = 10
"""The plan has so many items; each takes its share of the steps."""


class TouchArgs(Args):
    """The number of the step."""

    step: int


async def _touch(ctx: ToolContext, args: TouchArgs) -> ToolResult:
    ctx.last_check()
    return ToolResult(text=f"touched {args.step} as {ctx.key}", data={"step": args.step})


TOUCH: Tool[Any] = Tool(
    name="touch", effect=Effect.KEYED, args=TouchArgs, run=_touch, summary=lambda args: f"touch {args.step}"
)


class Stepper:
    """Makes `steps` calls, then finishes."""

    name = "stepper"

    async def reply(self, context: Context) -> Reply:
        state = context.state
        assert state.asked is not None
        steps = state.asked.inputs["steps"]
        assert isinstance(steps, int)
        plan = [{"item": f"part-{n}", "text": f"part {n}"} for n in range(ITEMS)]
        open_items = [item.item for item in state.todo if item.status is not ItemStatus.COMPLETED]
        if state.planned_revision and not open_items:
            return Reply({"says": "all touched", "intent": {"kind": "finish", "result": f"{state.steps_done} steps"}})
        step = state.steps_done + 1
        last = step % (steps // ITEMS) == 0
        use = {
            "kind": "use_tool",
            "tool": "touch",
            "args": {"step": step},
            "item": open_items[0] if open_items else "part-0",
            "completes": last,
        }
        return Reply({"says": f"step {step}", "intent": use, "plan": None if state.planned_revision else plan})
