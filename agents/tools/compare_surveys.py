"""compare_surveys: merges the readings of a folder into one snapshot, and says what changed since the last survey.

The result's content is a `Snapshot` (agents/survey/documents.py) as canonical JSON: the files with their hashes, kinds,
duplicates, markers, everything odd, focus and ignore, and `changes` (or `no_changes_because`).

Its data: {"files", "bytes", "lines", "kinds", "markers", "duplicates", "binary", "huge", "unreadable", "links",
"loops", "left_out", "largest": {"path", "size"} | null, "added", "removed", "changed", "previous": sha256 | null}.
`added`, `removed` and `changed` are null when there was nothing to compare with.
"""

from pydantic import JsonValue

from agents.survey import merge
from agents.survey.documents import Listing, Reading, Snapshot, dump, load
from agents.survey.thread import beside
from agents.survey.words import clip, count, day, visible
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import LonghaulError
from domain.frozen import Digest


class CompareSurveysArgs(Args):
    """`listing` and `readings` are artifacts of this survey, `previous` the snapshot of the last one."""

    folder: str
    listing: Digest
    readings: tuple[Digest, ...]
    previous: Digest | None = None
    focus: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


async def _run(ctx: ToolContext, args: CompareSurveysArgs) -> ToolResult:
    listing = await ctx.artifact(args.listing)
    readings = [await ctx.artifact(reading) for reading in args.readings]
    previous, missing = await _previous(ctx, args.previous)

    def compared() -> tuple[Snapshot, bytes]:
        read = [load(Reading, content) for content in readings]
        now = merge.snapshot(load(Listing, listing), read, args.focus, args.ignore, ctx.now)
        whole = _with_changes(now, previous, missing)
        return whole, dump(whole)

    whole, content = await beside(lambda still_wanted: compared())
    return ToolResult(text=_sentence(whole), data=_data(whole, args.previous), content=content)


async def _previous(ctx: ToolContext, previous: str | None) -> tuple[bytes | None, str]:
    """The last survey's snapshot, or why there is none."""
    if previous is None:
        return None, "this is the first survey of the folder"
    try:
        return await ctx.artifact(previous), ""
    except LonghaulError:
        return None, f"the last survey is remembered, but its snapshot {previous[:12]} is no longer kept"


def _with_changes(now: Snapshot, previous: bytes | None, missing: str) -> Snapshot:
    if previous is None:
        return now.model_copy(update={"no_changes_because": missing})
    try:
        before = load(Snapshot, previous)
    except LonghaulError as error:
        return now.model_copy(update={"no_changes_because": f"the last survey cannot be read: {error}"})
    return now.model_copy(update={"changes": merge.changes(now, before)})


def _data(whole: Snapshot, previous: str | None) -> dict[str, JsonValue]:
    largest = max(whole.files, key=lambda file: file.size, default=None)
    changes = whole.changes
    return {
        "files": len(whole.files),
        "bytes": sum(file.size for file in whole.files),
        "lines": sum(file.lines for file in whole.files),
        "kinds": len(whole.kinds),
        "markers": sum(file.markers for file in whole.files),
        "duplicates": sum(len(one.paths) for one in whole.duplicates),
        "binary": sum(file.binary for file in whole.files),
        "huge": sum(file.huge for file in whole.files),
        "unreadable": len(whole.unreadable),
        "links": len(whole.links),
        "loops": sum(link.why == "loop" for link in whole.links),
        "left_out": whole.left_out,
        "largest": {"path": clip(visible(largest.path), 200), "size": largest.size} if largest else None,
        "added": len(changes.added) if changes else None,
        "removed": len(changes.removed) if changes else None,
        "changed": len(changes.changed) if changes else None,
        "previous": previous,
    }


def _sentence(whole: Snapshot) -> str:
    files = count(len(whole.files), "file")
    if whole.changes is None:
        return f"{files}; nothing to compare with: {whole.no_changes_because}"[:2000]
    added, removed, changed = (
        len(paths) for paths in (whole.changes.added, whole.changes.removed, whole.changes.changed)
    )
    return f"{files}; since {day(whole.changes.since)}: {added} added, {removed} removed, {changed} changed"


def _summary(args: CompareSurveysArgs) -> str:
    return f"compare with the last survey of {visible(args.folder)}"


COMPARE_SURVEYS = Tool(
    name="compare_surveys",
    effect=Effect.PURE,
    args=CompareSurveysArgs,
    run=_run,
    summary=_summary,
    seconds=300.0,
)
