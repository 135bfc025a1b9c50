"""Reading one file: its hash, its lines, its markers. A link, pipe or device that took its place is never opened."""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from agents.survey.documents import ListedFile, Marker, ReadFile
from agents.survey.walk import special_kind
from agents.survey.words import plain

HUGE = 5_000_000
"""A larger file (bytes) is hashed, not searched."""
UNHASHED = 2_000_000_000
"""A file larger than this (bytes) is not even hashed."""
SNIFFED = 8192
CHUNK = 1 << 20
MAX_TEXT = 120
MAX_MARKERS = 50
"""So many markers of one file are kept; all are counted."""
_MARKER = re.compile(rb"(?<![\w\"'`|/.-])(TODO|FIXME|XXX|HACK)(?=[:(\s]|\Z)[^\n\r]{0,400}")
"""The word alone, before a colon, a bracket or a space: no file name, no list of such words, no quoted one."""


def read_file(root: str, file: ListedFile, still_wanted: Callable[[], None]) -> tuple[ReadFile, tuple[Marker, ...]]:
    """What the file holds. Raises `OSError` when it cannot be read, or is no longer what was listed."""
    full = Path(root, file.os_path)
    if full.parent.resolve() != full.parent:
        raise OSError(0, "a folder above it has become a link")
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with open(os.open(full, flags), "rb") as stream:  # noqa: PTH123 - a descriptor, not a path
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, f"it has become {special_kind(found.st_mode)}")
        known = ReadFile(path=file.path, size=found.st_size, mtime=int(found.st_mtime), kind=file.kind, sha256=None)
        first = stream.read(HUGE + 1) or b""
        if len(first) > HUGE:
            rest = iter(lambda: stream.read(CHUNK) or b"", b"")
            return _huge(known, first, rest, still_wanted), ()
        return _small(known, first)


def _small(known: ReadFile, content: bytes) -> tuple[ReadFile, tuple[Marker, ...]]:
    digest = hashlib.sha256(content).hexdigest()
    if _is_binary(content):
        return known.model_copy(update={"sha256": digest, "binary": True}), ()
    lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
    number, markers = _markers(known.path, content)
    return known.model_copy(update={"sha256": digest, "lines": lines, "markers": number}), markers


def _huge(known: ReadFile, first: bytes, rest: Iterator[bytes], still_wanted: Callable[[], None]) -> ReadFile:
    large = known.model_copy(update={"huge": True, "binary": _is_binary(first)})
    digest, read = hashlib.sha256(first), len(first)
    if known.size > UNHASHED:
        return large
    for chunk in rest:
        still_wanted()
        digest.update(chunk)
        read += len(chunk)
        if read > UNHASHED:
            return large
    return large.model_copy(update={"sha256": digest.hexdigest()})


def _is_binary(content: bytes) -> bool:
    return b"\0" in content[:SNIFFED]


def _markers(path: str, content: bytes) -> tuple[int, tuple[Marker, ...]]:
    """How many there are, and the first of them. Two on one line are one."""
    number, line, at, kept = 0, 1, 0, list[Marker]()
    for found in _MARKER.finditer(content):
        number += 1
        if len(kept) < MAX_MARKERS:
            line += content.count(b"\n", at, found.start())
            at = found.start()
            text = plain(found.group(0).decode(errors="replace"), MAX_TEXT)
            kept.append(Marker(path=path, line=line, kind=found.group(1).decode(), text=text))
    return number, tuple(kept)
