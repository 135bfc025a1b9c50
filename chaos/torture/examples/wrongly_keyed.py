"""A tool that is declared `keyed` and is not: it draws a new key for each attempt, so that a retry orders again.

longhaul torture chaos/torture/examples/wrongly_keyed.py
"""

from uuid import uuid4

from agents.tools.tool import Tool, ToolContext, ToolResult
from chaos.torture.examples.target import OrderArgs, Shop
from chaos.torture.given import Torture
from domain.answers import Effect

SHOP = Shop()


async def _order(ctx: ToolContext, args: OrderArgs) -> ToolResult:
    ctx.last_check()
    SHOP.order(args.text, key=str(uuid4()))  # wrong: ctx.key is the one that every attempt shares
    return ToolResult(text="ordered")


ORDER = Tool(
    name="order_under_a_new_key",
    effect=Effect.KEYED,
    args=OrderArgs,
    run=_order,
    summary=lambda args: f"order {args.text}",
)
TORTURE = Torture(tool=ORDER, args=lambda mark: {"text": mark}, applied=SHOP.count)
