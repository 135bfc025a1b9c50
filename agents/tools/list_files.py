"""list_files: the agent's own files. The result's content is their paths, one a line."""

from agents.survey.words import count
from agents.tools.paths import Folder, within
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect

MOST = 5000


class ListFilesArgs(Args):
    """`folder` is one below the agent's directory; without it all files are listed."""

    folder: Folder = ""


async def _run(ctx: ToolContext, args: ListFilesArgs) -> ToolResult:
    assert ctx.files is not None
    paths = within(await ctx.files.listing(), args.folder)
    cut = f", of which the first {MOST} are shown" if len(paths) > MOST else ""
    return ToolResult(
        text=f"{count(len(paths), 'file')} in {args.folder or 'your directory'}{cut}",
        data={"files": len(paths)},
        content="\n".join(paths[:MOST]).encode() if paths else None,
    )


LIST_FILES = Tool(
    name="list_files",
    effect=Effect.PURE,
    args=ListFilesArgs,
    run=_run,
    summary=lambda args: f"list {args.folder or 'all files'}",
    about="Lists the files in your own directory: those that you wrote and those that people put there.",
)
