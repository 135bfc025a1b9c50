"""A tool for each effect that keeps its promise: `longhaul torture chaos/torture/examples/honest.py`."""

from agents.tools.tool import Tool, ToolContext, ToolResult
from chaos.torture.examples.target import OrderArgs, Shop
from chaos.torture.given import Torture
from domain.answers import Effect

SHOP = Shop()
ORDERED = ToolResult(text="ordered")


async def _look(ctx: ToolContext, args: OrderArgs) -> ToolResult:
    return ToolResult(text=f"{SHOP.count(args.text)} orders of {args.text}")


async def _note(ctx: ToolContext, args: OrderArgs) -> ToolResult:
    assert ctx.execute is not None
    ctx.last_check()
    await ctx.execute("insert into orders_noted (text) values (%s)", (args.text,))
    return ToolResult(text="noted")


async def _order_under_its_key(ctx: ToolContext, args: OrderArgs) -> ToolResult:
    ctx.last_check()
    SHOP.order(args.text, ctx.key)
    return ORDERED


async def _order(ctx: ToolContext, args: OrderArgs) -> ToolResult:
    ctx.last_check()
    SHOP.order_noting(args.text, ctx.key)
    return ORDERED


async def _ask(ctx: ToolContext, args: OrderArgs) -> ToolResult | None:
    return ORDERED if SHOP.knows(ctx.key) else None


def _args(mark: str) -> dict[str, str]:
    return {"text": mark}


def _summary(args: OrderArgs) -> str:
    return f"order {args.text}"


PURE = Torture(
    tool=Tool(name="look_at_orders", effect=Effect.PURE, args=OrderArgs, run=_look, summary=_summary),
    args=_args,
    applied=SHOP.count,
)
TRANSACTIONAL = Torture(
    tool=Tool(name="note_order", effect=Effect.TRANSACTIONAL, args=OrderArgs, run=_note, summary=_summary),
    args=_args,
    applied_sql="select count(*) from orders_noted where text = %s",
    tables="create table orders_noted (text text)",
)
KEYED = Torture(
    tool=Tool(
        name="order_under_its_key", effect=Effect.KEYED, args=OrderArgs, run=_order_under_its_key, summary=_summary
    ),
    args=_args,
    applied=SHOP.count,
)
LOOKUP = Torture(
    tool=Tool(name="order_and_ask", effect=Effect.LOOKUP, args=OrderArgs, run=_order, lookup=_ask, summary=_summary),
    args=_args,
    applied=SHOP.count,
)
ONCE = Torture(
    tool=Tool(name="order_once", effect=Effect.ONCE, args=OrderArgs, run=_order, summary=_summary),
    args=_args,
    applied=SHOP.count,
)
