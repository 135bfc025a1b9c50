"""list_folder: what lies in a folder, without reading a single file.

The result's content is a `Listing` (agents/survey/documents.py) as canonical JSON:

    {"folder", "root", "files": [{"path", "raw"?, "size", "mtime", "kind", "group"}],
     "groups": [{"id", "name", "top", "files", "bytes"}], "links": [{"path", "to", "why"}],
     "special": [{"path", "why"}], "unreadable": [{"path", "why"}], "skipped": [path], "omitted": n, "truncated": bool}

Fields at their default are left out. Its data: {"folder", "files", "bytes", "groups", "links", "loops", "special",
"unreadable", "skipped", "truncated"}, where all but folder, groups and truncated are numbers.
"""

import os
from collections.abc import Callable
from pathlib import Path

from pydantic import JsonValue

from agents.survey.documents import Listing, dump
from agents.survey.groups import grouped
from agents.survey.thread import beside
from agents.survey.walk import Walk, reason
from agents.survey.words import count, visible
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import ToolInvalid


class ListFolderArgs(Args):
    """`folder` is an absolute path."""

    folder: str


async def _run(ctx: ToolContext, args: ListFolderArgs) -> ToolResult:
    return await beside(lambda still_wanted: _listed(ctx, args.folder, still_wanted))


def _listed(ctx: ToolContext, folder: str, still_wanted: Callable[[], None]) -> ToolResult:
    walk = Walk(root=_real(folder), homes=_homes(ctx.home), still_wanted=still_wanted).run()
    files, groups = grouped(walk.files)
    listing = Listing(
        folder=folder,
        root=walk.root,
        files=files,
        groups=groups,
        links=tuple(walk.links),
        special=tuple(walk.special),
        unreadable=tuple(walk.unreadable),
        skipped=tuple(sorted(walk.skipped)),
        omitted=walk.omitted,
        truncated=walk.truncated,
    )
    return ToolResult(text=_sentence(listing), data=_data(listing), content=dump(listing))


def _real(folder: str) -> str:
    """The folder's real path. Raises `ToolInvalid` with what would be right."""
    if not Path(folder).is_absolute():
        raise ToolInvalid(f"folder must be an absolute path such as /srv/project, not {visible(folder)!r}")
    try:
        real = Path(folder).resolve(strict=True)
        os.scandir(real).close()
    except NotADirectoryError as error:
        raise ToolInvalid(f"{visible(folder)} is a file, not a folder; name the folder that holds it") from error
    except FileNotFoundError as error:
        raise ToolInvalid(f"there is no folder {visible(folder)} here; {_nearest(Path(folder))}") from error
    except (OSError, ValueError, RuntimeError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise ToolInvalid(f"the folder {visible(folder)} cannot be opened: {why}") from error
    return str(real)


def _nearest(folder: Path) -> str:
    there = next((parent for parent in folder.parents if parent.is_dir()), Path("/"))
    return f"the nearest that exists is {visible(str(there))}"


def _homes(home: str) -> frozenset[str]:
    """The agent's directory, and Longhaul's home around it, which holds databases."""
    own = Path(home).resolve()
    around = [own.parent.parent] if own.parent.name == "agents" else []
    return frozenset(str(path) for path in (own, *around))


def _sentence(listing: Listing) -> str:
    where = f"{count(len(listing.files), 'file')} in {visible(listing.folder)}"
    cut = ", cut off there: there are more" if listing.truncated else ""
    skipped = f"; skipped: {', '.join(map(visible, listing.skipped[:5]))}" if listing.skipped else ""
    unreadable = f"; {len(listing.unreadable)} unreadable" if listing.unreadable else ""
    return f"{where}{cut}{skipped}{unreadable}"[:2000]


def _data(listing: Listing) -> dict[str, JsonValue]:
    return {
        "folder": listing.folder,
        "files": len(listing.files),
        "bytes": sum(file.size for file in listing.files),
        "groups": [group.model_dump(mode="json") for group in listing.groups],
        "links": len(listing.links),
        "loops": sum(link.why == "loop" for link in listing.links),
        "special": len(listing.special),
        "unreadable": len(listing.unreadable),
        "skipped": len(listing.skipped),
        "truncated": listing.truncated,
    }


def _summary(args: ListFolderArgs) -> str:
    return f"list {visible(args.folder)}"


LIST_FOLDER = Tool(
    name="list_folder", effect=Effect.PURE, args=ListFolderArgs, run=_run, summary=_summary, seconds=300.0
)
