"""From the readings of the groups to one snapshot, and from two snapshots to what changed between them."""

from collections import defaultdict
from collections.abc import Iterable

from agents.survey.documents import Changes, Duplicate, Kind, Listing, ReadFile, Reading, Snapshot
from agents.survey.globs import selects

MAX_MARKERS = 2000


def snapshot(
    listing: Listing, readings: Iterable[Reading], focus: tuple[str, ...], ignore: tuple[str, ...], at: float
) -> Snapshot:
    """All readings as one."""
    read = tuple(readings)
    files = tuple(sorted((file for one in read for file in one.files), key=lambda file: file.path))
    markers = sorted((m for one in read for m in one.markers), key=lambda marker: (marker.path, marker.line))
    unreadable = (*listing.unreadable, *(odd for one in read for odd in one.unreadable))
    return Snapshot(
        folder=listing.folder,
        at=at,
        focus=focus,
        ignore=ignore,
        files=files,
        kinds=kinds(files),
        duplicates=duplicates(files),
        markers=tuple(markers[:MAX_MARKERS]),
        unreadable=tuple(sorted(unreadable, key=lambda odd: odd.path)),
        left_out=sum(one.left_out for one in read),
        **listing.model_dump(include={"special", "links", "skipped", "omitted", "truncated"}),
    )


def kinds(files: Iterable[ReadFile]) -> tuple[Kind, ...]:
    """The files summed up by kind, the most frequent first."""
    by_kind = defaultdict[str, list[ReadFile]](list)
    for file in files:
        by_kind[file.kind].append(file)
    sums = [
        Kind(kind=kind, files=len(some), bytes=sum(f.size for f in some), lines=sum(f.lines for f in some))
        for kind, some in by_kind.items()
    ]
    return tuple(sorted(sums, key=lambda kind: (-kind.files, kind.kind)))


def duplicates(files: Iterable[ReadFile]) -> tuple[Duplicate, ...]:
    """Files of the same content, empty ones aside; those that waste the most bytes first."""
    by_content = defaultdict[str, list[ReadFile]](list)
    for file in files:
        if file.sha256 and file.size > 0:
            by_content[file.sha256].append(file)
    found = [
        Duplicate(sha256=sha256, size=same[0].size, paths=tuple(file.path for file in same))
        for sha256, same in by_content.items()
        if len(same) > 1
    ]
    return tuple(sorted(found, key=lambda one: (-one.size * (len(one.paths) - 1), one.paths)))


def changes(now: Snapshot, before: Snapshot) -> Changes:
    """What is different among the files that both surveys were to look at, and could read."""
    new = {file.path: file.fingerprint for file in now.files if _was_seen_by(before, file.path)}
    old = {file.path: file.fingerprint for file in before.files if _was_seen_by(now, file.path)}
    return Changes(
        since=before.at,
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(path for path in new.keys() & old.keys() if new[path] != old[path])),
    )


def _was_seen_by(survey: Snapshot, path: str) -> bool:
    return selects(survey.focus, survey.ignore, path)
