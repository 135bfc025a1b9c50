"""write_report: renders report.md from a snapshot, in the commit that records the outcome.

Its data: {"path": "report.md", "sha256", "bytes"}; `sha256` also names the report among the artifacts.
"""

import asyncio
import hashlib

from pydantic import Field

from agents.survey.documents import Snapshot, load
from agents.survey.report import render
from agents.survey.words import count, visible
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.frozen import Digest

PATH = "report.md"


class WriteReportArgs(Args):
    """`snapshot` is the artifact of `compare_surveys`."""

    snapshot: Digest
    title: str = Field(min_length=1, max_length=200)


async def _run(ctx: ToolContext, args: WriteReportArgs) -> ToolResult:
    content = await ctx.artifact(args.snapshot)
    report = await asyncio.to_thread(lambda: render(load(Snapshot, content), args.title, ctx.now))
    ctx.last_check()
    return ToolResult(
        text=f"wrote {PATH}, {count(len(report.splitlines()), 'line')}",
        data={"path": PATH, "sha256": hashlib.sha256(report).hexdigest(), "bytes": len(report)},
        files={PATH: report},
    )


def _summary(args: WriteReportArgs) -> str:
    return f"write {PATH}: {visible(args.title)}"


WRITE_REPORT = Tool(
    name="write_report", effect=Effect.TRANSACTIONAL, args=WriteReportArgs, run=_run, summary=_summary, seconds=60.0
)
