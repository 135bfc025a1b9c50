"""http_get: reads a URL of the allow-list. The body is the result's content, at most 2 MB of it.

Its data: {"url", "status", "type", "bytes", "cut"}; `url` is where redirects led. An error status is a result, too.
"""

from typing import Annotated

from pydantic import Field

from agents.survey.thread import beside
from agents.survey.words import plain, visible
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from agents.web.allow import AllowList
from agents.web.get import Page, get
from domain.answers import Effect
from domain.memory import Trust

SECONDS = 60.0
PATIENCE = 30.0
"""Seconds for the answer, with its redirects; the rest of the call's time is for what is done with it."""


class HttpGetArgs(Args):
    """`url` begins with http:// or https://."""

    url: Annotated[str, Field(max_length=2000, pattern=r"^https?://[!-~]+$")]


def http_get(allow: AllowList) -> Tool[HttpGetArgs]:
    """The tool for that allow-list."""

    async def run(ctx: ToolContext, args: HttpGetArgs) -> ToolResult:
        return _result(await beside(lambda still_wanted: get(args.url, allow, PATIENCE, still_wanted)))

    return Tool(
        name="http_get",
        effect=Effect.PURE,
        gives=Trust.WEB,
        args=HttpGetArgs,
        run=run,
        summary=lambda args: f"get {visible(args.url)}",
        seconds=SECONDS,
        about=f"Reads a page or a file from the web. These hosts may be read: {allow}.",
    )


def _result(page: Page) -> ToolResult:
    kind = plain(page.content_type, 100)
    cut = ", cut off there" if page.cut else ""
    return ToolResult(
        text=f"{page.status} {plain(page.reason, 100)}: {kind}, {len(page.body)} bytes{cut}, {plain(page.url, 500)}",
        data={"url": page.url, "status": page.status, "type": kind, "bytes": len(page.body), "cut": page.cut},
        content=page.body or None,
    )
