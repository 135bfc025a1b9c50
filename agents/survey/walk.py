"""Walking a folder without following a link, leaving it, or stopping at what cannot be read."""

import base64
import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from agents.survey.documents import Link, ListedFile, Oddity
from agents.survey.kinds import kind_of

T = TypeVar("T")

VERSION_CONTROL = (".git", ".hg", ".svn", ".bzr", ".jj", "CVS")
TOOLING = (".venv", "node_modules", "__pycache__", ".tox", ".nox", ".longhaul")
CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache")
SKIPPED = frozenset((*VERSION_CONTROL, *TOOLING, *CACHES))
"""Folders of these names are never walked."""
MAX_FILES = 50_000
MAX_FOLDERS = 50_000
MAX_ODDITIES = 500
"""So many of each kind of oddity are named; the rest is counted."""


@dataclass
class Walk:
    """One walk from `root` (a real path, without links). `homes` are real paths that are never walked."""

    root: str
    homes: frozenset[str]
    still_wanted: Callable[[], None]
    files: list[ListedFile] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    special: list[Oddity] = field(default_factory=list)
    unreadable: list[Oddity] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    omitted: int = 0
    truncated: bool = False

    def run(self) -> "Walk":
        """Fills the lists, folder by folder in the order of names."""
        folders, seen, walked = [""], set[tuple[int, int]](), 0
        while folders and not self.truncated:
            self.still_wanted()
            folder = folders.pop()
            if self._is_new(folder, seen):
                folders += reversed(list(self._folders_in(folder)))
            walked += 1
            self.truncated = self.truncated or (walked >= MAX_FOLDERS and bool(folders))
        return self

    def _is_new(self, folder: str, seen: set[tuple[int, int]]) -> bool:
        try:
            found = Path(self.root, folder).lstat()
        except OSError as error:
            self._add(self.unreadable, Oddity(path=shown(folder), why=reason(error)))
            return False
        identity = (found.st_dev, found.st_ino)
        if identity in seen:
            self._add(self.special, Oddity(path=shown(folder), why="the same folder again (a loop of mounts)"))
            return False
        seen.add(identity)
        return True

    def _folders_in(self, folder: str) -> Iterator[str]:
        try:
            with os.scandir(Path(self.root, folder)) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            self._add(self.unreadable, Oddity(path=shown(folder) or ".", why=reason(error)))
            return
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                is_folder = self._entry(entry, path)
            except OSError as error:
                self._add(self.unreadable, Oddity(path=shown(path), why=reason(error)))
                continue
            if is_folder:
                yield path

    def _entry(self, entry: os.DirEntry[str], path: str) -> bool:
        """Notes the entry; true for a folder that is to be walked."""
        if entry.is_symlink():
            self._add(self.links, self._link(entry.path, path))
            return False
        if entry.is_dir(follow_symlinks=False):
            return not self._skips(entry, path)
        found = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(found.st_mode):
            self._file(path, found)
        else:
            self._add(self.special, Oddity(path=shown(path), why=special_kind(found.st_mode)))
        return False

    def _skips(self, entry: os.DirEntry[str], path: str) -> bool:
        skips = entry.name in SKIPPED or entry.path in self.homes
        if skips:
            self._add(self.skipped, shown(path))
        return skips

    def _file(self, path: str, found: os.stat_result) -> None:
        if len(self.files) >= MAX_FILES:
            self.truncated = True
            return
        name = shown(path)
        raw = None if name == path else base64.b64encode(os.fsencode(path)).decode()
        size, mtime = found.st_size, int(found.st_mtime)
        self.files.append(ListedFile(path=name, raw=raw, size=size, mtime=mtime, kind=kind_of(name)))

    def _link(self, full: str, path: str) -> Link:
        return Link(path=shown(path), to=shown(str(Path(full).readlink())), why=self._where(full))

    def _where(self, full: str) -> str:
        try:
            target = str(Path(full).resolve(strict=True))
        except RuntimeError:  # Python before 3.13 tells of a loop of links in this way
            return "loop"
        except OSError as error:
            return "loop" if error.errno == errno.ELOOP else "broken"
        if _is_below(full, target):
            return "loop"
        return "inside" if _is_below(target, self.root) else "outside"

    def _add(self, found: list[T], one: T) -> None:
        if len(found) < MAX_ODDITIES:
            found.append(one)
        else:
            self.omitted += 1


def shown(path: str) -> str:
    """The path as UTF-8 text; bytes that are none appear as backslash escapes."""
    return os.fsencode(path).decode(errors="backslashreplace")


def reason(error: OSError) -> str:
    """The operating system's words, without the path."""
    return error.strerror or type(error).__name__


def special_kind(mode: int) -> str:
    """What a file is that is no regular file, folder or link."""
    kinds = {
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFBLK: "a device",
        stat.S_IFCHR: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "not a regular file")


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
