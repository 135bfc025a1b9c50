"""The documents that the survey's tools hand on as artifacts, each as canonical JSON.

    list_folder ─▶ Listing ─▶ read_files (once a group) ─▶ Readings ─▶ compare_surveys ─▶ Snapshot ─▶ write_report
                                              the last survey's Snapshot ─▶ ┘

Paths are relative to the folder, with `/`. A name that is not UTF-8 is shown with backslashes and kept in `raw`.
"""

import base64
import os
from typing import TypeVar

from pydantic import ValidationError

from domain.canonical import canonical
from domain.errors import ToolInvalid
from domain.frozen import Digest, Frozen

OTHER = "other"
"""The id of the group that holds what the largest groups do not."""
TOP = "."
"""The `top` of the group of files that lie in the folder itself."""


class Oddity(Frozen):
    """Something that could not be read, and why."""

    path: str
    why: str


class Link(Frozen):
    """A symbolic link, never followed. `why` is inside, outside, broken or loop."""

    path: str
    to: str
    why: str


class ListedFile(Frozen):
    """A regular file: bytes, modification time (Unix seconds), kind by its name, and the group it is read with."""

    path: str
    raw: str | None = None
    """The path's bytes in base64, when they are not UTF-8."""
    size: int
    mtime: int
    kind: str
    group: str = OTHER

    @property
    def os_path(self) -> str:
        """The path as the operating system knows it."""
        return os.fsdecode(base64.b64decode(self.raw)) if self.raw else self.path


class Group(Frozen):
    """Files that are read together. `name` is for people; `top` the exact top-level name, when it is plain enough."""

    id: str
    name: str
    top: str | None
    files: int
    bytes: int


class Listing(Frozen):
    """What lies in a folder. Lists of oddities are bounded; `omitted` counts what was left out of them."""

    folder: str
    root: str
    files: tuple[ListedFile, ...]
    groups: tuple[Group, ...]
    links: tuple[Link, ...] = ()
    special: tuple[Oddity, ...] = ()
    unreadable: tuple[Oddity, ...] = ()
    skipped: tuple[str, ...] = ()
    omitted: int = 0
    truncated: bool = False


class Marker(Frozen):
    """A TODO, FIXME, XXX or HACK, with what stands after it on its line."""

    path: str
    line: int
    kind: str
    text: str


class ReadFile(Frozen):
    """What was read of a file. `sha256` is missing for a file too large to be hashed; `markers` counts them all."""

    path: str
    size: int
    mtime: int
    kind: str
    sha256: Digest | None
    lines: int = 0
    binary: bool = False
    huge: bool = False
    markers: int = 0

    @property
    def fingerprint(self) -> str:
        """Changes when the file's content does."""
        return self.sha256 or f"{self.size}:{self.mtime}"


class Reading(Frozen):
    """What was read of one group. `left_out` counts files that focus and ignore leave out."""

    group: str
    files: tuple[ReadFile, ...]
    markers: tuple[Marker, ...] = ()
    unreadable: tuple[Oddity, ...] = ()
    left_out: int = 0


class Kind(Frozen):
    """The files of one kind, summed up."""

    kind: str
    files: int
    bytes: int
    lines: int


class Duplicate(Frozen):
    """Files with the same content."""

    sha256: Digest
    size: int
    paths: tuple[str, ...]


class Changes(Frozen):
    """What is different since the survey of `since` (Unix seconds), among the files that both looked at."""

    since: float
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


class Snapshot(Frozen):
    """A whole survey: what the report shows, and what the next survey compares with."""

    folder: str
    at: float
    focus: tuple[str, ...]
    ignore: tuple[str, ...]
    files: tuple[ReadFile, ...]
    kinds: tuple[Kind, ...]
    duplicates: tuple[Duplicate, ...]
    markers: tuple[Marker, ...]
    unreadable: tuple[Oddity, ...]
    special: tuple[Oddity, ...]
    links: tuple[Link, ...]
    skipped: tuple[str, ...]
    left_out: int
    omitted: int
    truncated: bool
    changes: Changes | None = None
    no_changes_because: str = ""


D = TypeVar("D", bound=Frozen)


def dump(document: Frozen) -> bytes:
    """The document's canonical bytes."""
    return canonical(document.model_dump(mode="json", exclude_defaults=True))


def load(kind: type[D], content: bytes) -> D:
    """The document that an artifact holds. Raises `ToolInvalid` when it holds something else."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ToolInvalid(f"the artifact is no {kind.__name__}: {place}: {first['msg']}") from error
