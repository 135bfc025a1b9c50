"""The report: one snapshot as Markdown. The same snapshot, title and day give the same bytes."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from agents.survey.documents import Changes, Duplicate, Link, Marker, Oddity, ReadFile, Snapshot
from agents.survey.words import code, count, day, escaped, size

LARGEST = 10
OLDEST = 10
MARKERS = 40
DUPLICATES = 20
ODDITIES = 20
CHANGES = 30
PATHS = 10

T = TypeVar("T")


def render(survey: Snapshot, title: str, at: float) -> bytes:
    """The whole report in UTF-8."""
    parts = [
        _head(survey, title, at),
        _totals(survey),
        _changes(survey),
        _kinds(survey),
        _files("Largest files", sorted(survey.files, key=lambda f: (-f.size, f.path))[:LARGEST], _large),
        _files("Oldest files", sorted(survey.files, key=lambda f: (f.mtime, f.path))[:OLDEST], _old),
        _list("Markers", survey.markers, MARKERS, _marker, total=sum(file.markers for file in survey.files)),
        _list("Duplicated files", survey.duplicates, DUPLICATES, _duplicate),
        _odd(survey),
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def _head(survey: Snapshot, title: str, at: float) -> str:
    lines = [
        f"# {escaped(title)}",
        "",
        f"- Folder: {code(survey.folder)}",
        f"- Date: {day(at)}",
        f"- Focus: {_globs(survey.focus, 'everything')}",
        f"- Ignored: {_globs(survey.ignore, 'nothing')}",
    ]
    if survey.skipped:
        lines.append(f"- Skipped: {_paths(survey.skipped)}")
    if survey.truncated:
        lines.append("- **Cut off**: the folder holds more than a survey lists.")
    return "\n".join(lines)


def _globs(globs: Sequence[str], none: str) -> str:
    return ", ".join(code(glob) for glob in globs) or none


def _totals(survey: Snapshot) -> str:
    files = survey.files
    rows = {
        "Files read": f"{len(files):,}",
        "Size": size(sum(file.size for file in files)),
        "Lines of text": f"{sum(file.lines for file in files):,}",
        "Markers (TODO, FIXME, XXX, HACK)": f"{sum(file.markers for file in files):,}",
        "Duplicated files": f"{sum(len(one.paths) for one in survey.duplicates):,}",
        "Binary files": f"{sum(file.binary for file in files):,}",
        "Huge files": f"{sum(file.huge for file in files):,}",
        "Unreadable": f"{len(survey.unreadable):,}",
        "Links": f"{len(survey.links):,}",
        "Left out by focus and ignore": f"{survey.left_out:,}",
    }
    return "\n".join(["## Totals", "", "| What | Number |", "|---|---:|", *(f"| {k} | {v} |" for k, v in rows.items())])


def _kinds(survey: Snapshot) -> str:
    if not survey.kinds:
        return ""
    rows = [f"| {kind.kind} | {kind.files:,} | {size(kind.bytes)} | {kind.lines:,} |" for kind in survey.kinds]
    return "\n".join(["## Kinds", "", "| Kind | Files | Size | Lines |", "|---|---:|---:|---:|", *rows])


def _files(title: str, files: Sequence[ReadFile], line: Callable[[ReadFile], str]) -> str:
    return _list(title, files, len(files), line)


def _large(file: ReadFile) -> str:
    return f"{code(file.path)}, {size(file.size)}"


def _old(file: ReadFile) -> str:
    return f"{code(file.path)}, {day(file.mtime)}"


def _marker(marker: Marker) -> str:
    return f"{code(f'{marker.path}:{marker.line}')} {code(marker.text)}"


def _duplicate(one: Duplicate) -> str:
    return f"{len(one.paths)} × {size(one.size)}: {_paths(one.paths)}"


def _changes(survey: Snapshot) -> str:
    title = "## What changed since the last survey"
    if survey.changes is None:
        return f"{title}\n\nNothing to compare with: {escaped(survey.no_changes_because)}."
    return "\n".join([title, "", *_changed(survey.changes)])


def _changed(changes: Changes) -> list[str]:
    kinds = {"added": changes.added, "removed": changes.removed, "changed": changes.changed}
    found = [
        f"- {count(len(paths), 'file')} {kind}: {_paths(paths, CHANGES)}" for kind, paths in kinds.items() if paths
    ]
    return [
        f"The last survey was on {day(changes.since)}.",
        "",
        *(found or ["- No file was added, removed or changed."]),
    ]


def _odd(survey: Snapshot) -> str:
    huge = [file for file in survey.files if file.huge]
    binary = [file for file in survey.files if file.binary and not file.huge]
    lists = [
        _list("Unreadable", survey.unreadable, ODDITIES, _oddity),
        _list("Neither file nor folder", survey.special, ODDITIES, _oddity),
        _list("Links (not followed)", sorted(survey.links, key=_by_danger), ODDITIES, _link),
        _list("Huge files (not searched for markers)", huge, ODDITIES, _large),
        _list("Binary files", binary, ODDITIES, _large),
    ]
    if survey.omitted:
        lists.append(f"{survey.omitted:,} more oddities were counted, not listed.")
    return "\n\n".join(part for part in lists if part)


def _oddity(odd: Oddity) -> str:
    return f"{code(odd.path)}: {escaped(odd.why)}"


def _link(link: Link) -> str:
    words = {"loop": "leads back to itself", "broken": "leads nowhere", "outside": "leads out of the folder"}
    return f"{code(link.path)} → {code(link.to)}: {words.get(link.why, 'leads to another place in the folder')}"


def _by_danger(link: Link) -> tuple[int, str]:
    ranks = ("loop", "broken", "outside", "inside")
    return ranks.index(link.why) if link.why in ranks else len(ranks), link.path


def _list(title: str, found: Iterable[T], limit: int, line: Callable[[T], str], total: int | None = None) -> str:
    """A section with the first of what was found and the number of the rest; nothing when nothing was found."""
    every = list(found)
    if not every:
        return ""
    left = (len(every) if total is None else total) - min(limit, len(every))
    more = [f"- and {left:,} more"] if left else []
    return "\n".join([f"## {title}", "", *(f"- {line(one)}" for one in every[:limit]), *more])


def _paths(paths: Sequence[str], limit: int = PATHS) -> str:
    more = [f"and {len(paths) - limit:,} more"] if len(paths) > limit else []
    return ", ".join([*(code(path) for path in paths[:limit]), *more])
