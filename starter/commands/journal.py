"""Looking at the journal itself."""

from typing import Annotated

from cyclopts import Parameter

from domain.head import Head
from starter.client import Longhaul
from starter.commands.options import Output
from starter.connect import connected
from starter.output import clock, data, line, next_commands, show, table
from starter.story import tell
from stores import journal, rebuild
from stores.postgres import reading


def timeline_(job: str, /, *, output: Output = "text") -> None:
    """Everything that happened in a job, in order."""

    async def use(longhaul: Longhaul) -> list[dict[str, object]]:
        await longhaul.row(job)
        return [
            {
                "version": version,
                "at": at,
                "type": event.type,
                "story": tell(event),
                "data": event.model_dump(mode="json"),
            }
            for version, at, event in await longhaul.timeline(job)
        ]

    events = connected(use)
    if output != "text":
        return data(events, output)
    table(
        ("version", "at (UTC)", "what"), [(str(e["version"]), clock(_number(e["at"])), str(e["story"])) for e in events]
    )
    next_commands(f"longhaul verify {job}")


def verify_(job: str, /, *, output: Output = "text") -> None:
    """Recompute the hash chain of a job's journal."""

    async def use(longhaul: Longhaul) -> Head:
        await longhaul.row(job)
        async with reading(longhaul.pool) as connection:
            return await journal.verify(connection, f"job/{job}")

    head = connected(use)
    if output != "text":
        return data({"job": job, "verified": True, "version": head.version, "hash": head.hash}, output)
    show(f"verified: {head.version} events, head {head.hash[:16]}…")
    next_commands(f"longhaul timeline {job}")


def rebuild_(
    *,
    check: Annotated[bool, Parameter(help="only compare, change nothing", negative="")] = False,
    output: Output = "text",
) -> int:
    """Make the tables anew from the journal, and say which rows were different."""

    async def use(longhaul: Longhaul) -> dict[str, int]:
        return await rebuild.rebuild(longhaul.pool, keep=not check)

    different = connected(use)
    if output != "text":
        data({"different": different}, output)
    else:
        table(("table", "rows that differed"), [(name, str(count)) for name, count in different.items()])
        show("nothing was changed" if check else line("the tables follow from the journal now"))
        next_commands("longhaul list")
    return 1 if check and any(different.values()) else 0


def _number(value: object) -> float:
    assert isinstance(value, float)
    return value
