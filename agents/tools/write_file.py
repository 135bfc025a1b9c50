"""write_file: one of the agent's own files, as a whole, in the commit that records the outcome.

Its data: {"path", "sha256", "bytes"}; `sha256` also names the content among the artifacts.
"""

from agents.survey.words import visible
from agents.tools.paths import NewPath
from agents.tools.reference import TextRef
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import ToolInvalid

LARGEST = 1_000_000


class WriteFileArgs(Args):
    """`content` is the artifact that holds the whole new text of the file."""

    path: NewPath
    content: TextRef


async def _run(ctx: ToolContext, args: WriteFileArgs) -> ToolResult:
    content = await ctx.artifact(args.content)
    if len(content) > LARGEST:
        raise ToolInvalid(f"{len(content)} bytes; a file has at most {LARGEST}")
    ctx.last_check()
    return ToolResult(
        text=f"wrote {visible(args.path)}, {len(content)} bytes",
        data={"path": args.path, "sha256": args.content, "bytes": len(content)},
        files={args.path: content},
    )


WRITE_FILE = Tool(
    name="write_file",
    effect=Effect.TRANSACTIONAL,
    args=WriteFileArgs,
    run=_run,
    summary=lambda args: f"write {visible(args.path)}",
    about="Writes a file in your own directory, as a whole. What stood there is replaced.",
)
