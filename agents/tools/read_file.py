"""read_file: lines of one of the agent's own files. They are the result's content, as UTF-8.

Its data: {"path", "first", "last", "lines"}, the numbers of lines.
"""

from typing import Annotated

from pydantic import Field

from agents.survey.words import visible
from agents.tools.paths import FilePath
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import Refused, ToolInvalid


class ReadFileArgs(Args):
    """`lines` lines of the file, from line `first` on (counted from 1)."""

    path: FilePath
    first: Annotated[int, Field(ge=1, description="the first line to read, from 1")] = 1
    lines: Annotated[int, Field(ge=1, le=2000, description="how many lines to read")] = 400


async def _run(ctx: ToolContext, args: ReadFileArgs) -> ToolResult:
    lines = (await text_of(ctx, args.path)).splitlines()
    last = min(args.first + args.lines - 1, len(lines))
    return ToolResult(
        text=f"{visible(args.path)}, lines {args.first} to {last} of {len(lines)}",
        data={"path": args.path, "first": args.first, "last": last, "lines": len(lines)},
        content="\n".join(lines[args.first - 1 : last]).encode(),
    )


async def text_of(ctx: ToolContext, path: str) -> str:
    """The file's text. Raises `ToolInvalid` for a file that is not there, or holds no text."""
    assert ctx.files is not None
    try:
        content = await ctx.files.read(path)
    except Refused as error:
        raise ToolInvalid(str(error.args[0])) from error
    if content is None:
        raise ToolInvalid(f"there is no file {path!r}; list_files says which there are")
    if b"\0" in content:
        raise ToolInvalid(f"{path!r} holds no text ({len(content)} bytes, some of them zero)")
    return content.decode(errors="replace")


READ_FILE = Tool(
    name="read_file",
    effect=Effect.PURE,
    args=ReadFileArgs,
    run=_run,
    summary=lambda args: f"read {visible(args.path)}",
    about="Reads lines of a file in your own directory.",
)
