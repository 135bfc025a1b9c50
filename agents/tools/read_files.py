"""read_files: reads one group of a listing. Hashes, lines, markers; what cannot be read is named, and is not fatal.

The result's content is a `Reading` (agents/survey/documents.py) as canonical JSON:

    {"group", "files": [{"path", "size", "mtime", "kind", "sha256", "lines", "binary", "huge", "markers"}],
     "markers": [{"path", "line", "kind", "text"}], "unreadable": [{"path", "why"}], "left_out": n}

Fields at their default are left out. Its data has the numbers: {"files", "bytes", "markers", "binary", "huge",
"unreadable", "left_out"}.
"""

from collections.abc import Callable

from pydantic import JsonValue

from agents.survey.documents import Listing, Marker, Oddity, Reading, dump, load
from agents.survey.globs import selects
from agents.survey.read import read_file
from agents.survey.thread import beside
from agents.survey.walk import reason
from agents.survey.words import count, visible
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import ToolInvalid
from domain.frozen import Digest

MAX_MARKERS = 1000
"""So many markers of one group are kept; all are counted."""


class ReadFilesArgs(Args):
    """`listing` is the artifact of `list_folder`, `group` an id in it; the globs are as in agents/survey/globs.py."""

    folder: str
    listing: Digest
    group: str
    name: str = ""
    focus: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


async def _run(ctx: ToolContext, args: ReadFilesArgs) -> ToolResult:
    content = await ctx.artifact(args.listing)
    reading = await beside(lambda still_wanted: _read(content, args, still_wanted))
    return ToolResult(text=_sentence(args, reading), data=_data(reading), content=dump(reading))


def _read(content: bytes, args: ReadFilesArgs, still_wanted: Callable[[], None]) -> Reading:
    listing = load(Listing, content)
    if all(group.id != args.group for group in listing.groups):
        known = ", ".join(group.id for group in listing.groups) or "none"
        raise ToolInvalid(f"the listing has no group {args.group!r}; it has {known}")
    files, markers, unreadable, left_out = [], list[Marker](), [], 0
    for file in (file for file in listing.files if file.group == args.group):
        still_wanted()
        if not selects(args.focus, args.ignore, file.path):
            left_out += 1
            continue
        try:
            read, found = read_file(listing.root, file, still_wanted)
        except OSError as error:
            unreadable.append(Oddity(path=file.path, why=reason(error)))
            continue
        files.append(read)
        markers += found[: MAX_MARKERS - len(markers)]
    return Reading(
        group=args.group,
        files=tuple(files),
        markers=tuple(markers),
        unreadable=tuple(unreadable),
        left_out=left_out,
    )


def _data(reading: Reading) -> dict[str, JsonValue]:
    return {
        "files": len(reading.files),
        "bytes": sum(file.size for file in reading.files),
        "markers": sum(file.markers for file in reading.files),
        "binary": sum(file.binary for file in reading.files),
        "huge": sum(file.huge for file in reading.files),
        "unreadable": len(reading.unreadable),
        "left_out": reading.left_out,
    }


def _sentence(args: ReadFilesArgs, reading: Reading) -> str:
    numbers = _data(reading)
    odd = [f"{numbers[name]} {name}" for name in ("binary", "huge", "unreadable") if numbers[name]]
    left_out = [f"{reading.left_out} left out"] if reading.left_out else []
    read = f"read {count(len(reading.files), 'file')} of {visible(args.name or args.group)}"
    return ", ".join([read, f"{numbers['markers']} markers", *odd, *left_out])


def _summary(args: ReadFilesArgs) -> str:
    return f"read {visible(args.name or args.group)}"


READ_FILES = Tool(name="read_files", effect=Effect.PURE, args=ReadFilesArgs, run=_run, summary=_summary, seconds=600.0)
