"""search_files: the lines of the agent's own files that hold a text. The result's content is `path:line: text` each.

Its data: {"matches", "files", "unread"}; a file that holds no text, or cannot be read, is counted as unread.
"""

import asyncio
from typing import Annotated

from pydantic import Field

from agents.survey.words import clip, count, visible
from agents.tools.paths import Folder, within
from agents.tools.read_file import text_of
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import ToolInvalid

MOST = 500
LINE = 300


class SearchFilesArgs(Args):
    """`text` is found whatever its case, in the files of `folder` or in all."""

    text: Annotated[str, Field(min_length=1, max_length=200)]
    folder: Folder = ""


async def _run(ctx: ToolContext, args: SearchFilesArgs) -> ToolResult:
    assert ctx.files is not None
    found, unread = list[str](), 0
    paths = within(await ctx.files.listing(), args.folder)
    for path in paths:
        try:
            text = await text_of(ctx, path)
            found += await asyncio.to_thread(_matches, path, text, args.text.casefold())
        except ToolInvalid:
            unread += 1
    return ToolResult(
        text=_sentence(len(found), len(paths), unread),
        data={"matches": len(found), "files": len(paths), "unread": unread},
        content="\n".join(found[:MOST]).encode() if found else None,
    )


def _matches(path: str, text: str, wanted: str) -> list[str]:
    lines = enumerate(text.splitlines(), 1)
    return [f"{path}:{number}: {clip(line, LINE)}" for number, line in lines if wanted in line.casefold()]


def _sentence(matches: int, files: int, unread: int) -> str:
    cut = f", of which the first {MOST} are shown" if matches > MOST else ""
    skipped = f"; {unread} could not be read as text" if unread else ""
    return f"{matches} lines in {count(files, 'file')}{cut}{skipped}"


SEARCH_FILES = Tool(
    name="search_files",
    effect=Effect.PURE,
    args=SearchFilesArgs,
    run=_run,
    summary=lambda args: f"search for {visible(args.text)}",
    seconds=300.0,
    about="Finds the lines that hold a text in the files of your own directory, whatever its case.",
)
