"""An agent's directory: read and replaced safely, whatever a person or a tool has put there.

Every component of a path is opened by itself, below the one before, and never through a symbolic link. A file is
replaced as a whole: temporary file in the same directory, write, fsync, rename, fsync of the directory. Killed at any
place, the old file or the new one stands there, never a torn one.
"""

import errno
import fcntl
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from domain.errors import Refused
from domain.paths import DEEPEST, LOCK, TEMPORARY, wrong

LARGEST = 16 * 1024 * 1024
AGENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
ABANDONED_SECONDS = 3600
POLL_SECONDS = 0.02
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
INSIDE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY

Point = Callable[[str], None]


def _nowhere(point: str) -> None:
    """Does nothing at a crash point."""


class Workspace:
    """The directories of all agents, below `root`. `at` is told `before_rename` and `after_rename` of each file."""

    def __init__(self, root: Path, at: Point = _nowhere) -> None:
        self.root = root
        self.at = at

    def read(self, agent: str, path: str) -> bytes | None:
        """The file's content, or None when there is none. Raises `Refused` for what is no plain file inside."""
        *folders, name = _parts(agent, path)
        try:
            with _told(f"{path} of agent {agent} was not read"), self._directory(folders, create=False) as directory:
                return _content(directory, name, path)
        except FileNotFoundError:
            return None

    def replace(self, agent: str, path: str, content: bytes, at: Point = _nowhere) -> None:
        """Replaces the whole file. `at` is told the same points as the workspace's. Raises `Refused`, `OSError`."""
        *folders, name = _parts(agent, path)
        with _told(f"{path} of agent {agent} was not written"), self._directory(folders, create=True) as directory:
            _refuse_unless_file(directory, name, path)
            _sweep(directory)
            with temporary(directory, content) as new:
                at("before_rename")
                self.at("before_rename")
                os.rename(new, name, src_dir_fd=directory, dst_dir_fd=directory)
                self.at("after_rename")
                at("after_rename")
            os.fsync(directory)

    def remove(self, agent: str, path: str) -> bool:
        """Removes the file; returns whether there was one. Raises `Refused`, `OSError`."""
        *folders, name = _parts(agent, path)
        try:
            with _told(f"{path} of agent {agent} was not removed"), self._directory(folders, create=False) as directory:
                _refuse_unless_file(directory, name, path)
                os.unlink(name, dir_fd=directory)
                os.fsync(directory)
        except FileNotFoundError:
            return False
        return True

    def has(self, agent: str) -> bool:
        """Whether the agent has a directory here."""
        try:
            with self._directory(_parts(agent, "x")[:-1], create=False):
                return True
        except FileNotFoundError:
            return False

    def listing(self, agent: str) -> tuple[str, ...]:
        """The paths of the plain files in the agent's directory and below, sorted, without Longhaul's work files."""
        try:
            with self._directory(_parts(agent, "x")[:-1], create=False) as directory:
                return tuple(sorted(_files(directory)))
        except FileNotFoundError:
            return ()

    @contextmanager
    def locked(self, agent: str, seconds: float) -> Iterator[None]:
        """Holds the agent's directory among processes. Raises `TimeoutError` when it is not free within `seconds`."""
        with self._directory(_parts(agent, "x")[:-1], create=True) as directory:
            _refuse_unless_file(directory, LOCK, LOCK)
            lock = os.open(LOCK, os.O_RDWR | os.O_CREAT | INSIDE, 0o600, dir_fd=directory)
            try:
                _take(lock, agent, seconds)
                yield
            finally:
                os.close(lock)

    @contextmanager
    def _directory(self, folders: list[str], create: bool) -> Iterator[int]:
        if create:
            self.root.mkdir(parents=True, exist_ok=True)
        current = os.open(self.root, DIRECTORY)
        try:
            for depth in range(len(folders)):
                inner = _inner(current, folders[: depth + 1], create)
                os.close(current)
                current = inner
            yield current
        finally:
            os.close(current)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Says in an `OSError` which file it was about; it stays the kind of `OSError` that it is."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"{what}: {error.strerror or error}") from error


def _parts(agent: str, path: str) -> list[str]:
    """The agent's directory and the path's components. Raises `Refused` for a path that could lead elsewhere."""
    if not AGENT.fullmatch(agent):
        raise Refused(f"agent {agent!r}; an agent's id has small letters, digits, - and _, at most 63")
    if why := wrong(path):
        raise Refused(f"path {path!r}, it {why}; right is a path inside the agent's directory, such as notes/plan.md")
    return [agent, *path.split("/")]


def _inner(parent: int, folders: list[str], create: bool) -> int:
    """Opens the last of `folders` below its parent. A new one is as durable as what will be written into it."""
    made = create and _made(parent, folders[-1])
    try:
        inner = os.open(folders[-1], DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Refused(f"{'/'.join(folders)!r} must be a directory, and no symbolic link to one") from error
        raise
    if made:
        os.fchmod(inner, 0o755)
        os.fsync(parent)
    return inner


def _made(parent: int, name: str) -> bool:
    try:
        os.mkdir(name, 0o755, dir_fd=parent)
    except FileExistsError:
        return False
    return True


def _content(directory: int, name: str, path: str) -> bytes:
    _refuse_unless_file(directory, name, path)
    with os.fdopen(os.open(name, os.O_RDONLY | INSIDE, dir_fd=directory), "rb") as opened:
        _refuse_mode(os.fstat(opened.fileno()).st_mode, path)
        content = opened.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Refused(f"{path!r} is larger than {LARGEST} bytes, which is the most that is read")
    return content


def _refuse_unless_file(directory: int, name: str, path: str) -> None:
    with suppress(FileNotFoundError):
        _refuse_mode(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode, path)


def _refuse_mode(mode: int, path: str) -> None:
    if not stat.S_ISREG(mode):
        raise Refused(f"{path!r} is not a plain file; move it away, and a file will be written there")


@contextmanager
def temporary(directory: int, content: bytes) -> Iterator[str]:
    """The name of a new file with that content, on disk; what is left of it at the end is removed."""
    name = f".longhaul-{secrets.token_hex(8)}.tmp"
    try:
        new = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | INSIDE, 0o600, dir_fd=directory)
        with os.fdopen(new, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fchmod(new, 0o644)
            os.fsync(new)
        yield name
    finally:
        with suppress(OSError):
            os.unlink(name, dir_fd=directory)


def _sweep(directory: int) -> None:
    """Removes temporary files that a killed process left."""
    for name in filter(TEMPORARY.fullmatch, os.listdir(directory)):
        with suppress(OSError):
            age = time.time() - os.stat(name, dir_fd=directory, follow_symlinks=False).st_mtime
            if age > ABANDONED_SECONDS:
                os.unlink(name, dir_fd=directory)


def _files(directory: int) -> Iterator[str]:
    for folder, folders, names, inside in os.fwalk(".", dir_fd=directory, follow_symlinks=False):
        where = "" if folder == "." else folder.removeprefix("./") + "/"
        if where.count("/") >= DEEPEST - 1:
            folders.clear()
        for name in names:
            with suppress(FileNotFoundError):
                plain = stat.S_ISREG(os.stat(name, dir_fd=inside, follow_symlinks=False).st_mode)
                if plain and not wrong(where + name):
                    yield where + name


def _take(lock: int, agent: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"the files of agent {agent} were in use by another process for {seconds} s"
                ) from error
            time.sleep(POLL_SECONDS)
