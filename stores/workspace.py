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

LARGEST = 16 * 1024 * 1024
AGENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
TEMPORARY = re.compile(r"\.longhaul-[0-9a-f]{16}\.tmp")
ABANDONED_SECONDS = 3600
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
POLL_SECONDS = 0.02

Point = Callable[[str], None]


def _nowhere(point: str) -> None:
    """Does nothing at a crash point."""


class Workspace:
    """The directories of all agents, below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, agent: str, path: str) -> bytes | None:
        """The file's content, or None when there is none. Raises `Refused` for what is no plain file inside."""
        *folders, name = _parts(agent, path)
        try:
            with self._directory(folders, create=False) as directory:
                return _content(directory, name, path)
        except FileNotFoundError:
            return None

    def replace(self, agent: str, path: str, content: bytes, at: Point = _nowhere) -> None:
        """Replaces the whole file. `at` is told `before_rename` and `after_rename`. Raises `Refused`, `OSError`."""
        *folders, name = _parts(agent, path)
        with self._directory(folders, create=True) as directory:
            _refuse_unless_file(directory, name, path)
            _sweep(directory)
            temporary = f".longhaul-{secrets.token_hex(8)}.tmp"
            try:
                _write(directory, temporary, content)
                at("before_rename")
                os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
            except OSError as error:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=directory)
                raise OSError(error.errno, f"{path} of agent {agent} was not written: {error.strerror}") from error
            at("after_rename")
            os.fsync(directory)

    def listing(self, agent: str) -> tuple[str, ...]:
        """The names in the agent's directory."""
        with self._directory(_parts(agent, "x")[:-1], create=True) as directory:
            return tuple(sorted(name for name in _names(directory) if not name.startswith(".longhaul")))

    @contextmanager
    def locked(self, agent: str, seconds: float) -> Iterator[None]:
        """Holds the agent's directory among processes. Raises `TimeoutError` when it is not free within `seconds`."""
        with self._directory(_parts(agent, "x")[:-1], create=True) as directory:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            lock = os.open(".longhaul.lock", flags, 0o600, dir_fd=directory)
            try:
                _take(lock, agent, seconds)
                yield
            finally:
                os.close(lock)

    @contextmanager
    def _directory(self, folders: list[str], create: bool) -> Iterator[int]:
        if create:
            self.root.mkdir(parents=True, exist_ok=True)
        current = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for folder in folders:
                inner = _inner(current, folder, create)
                os.close(current)
                current = inner
            yield current
        finally:
            os.close(current)


def _parts(agent: str, path: str) -> list[str]:
    """The agent's directory and the path's components. Raises `Refused` for a path that could lead elsewhere."""
    if not AGENT.fullmatch(agent):
        raise Refused(f"agent {agent!r}; an agent's id has small letters, digits, - and _, at most 63")
    parts = path.split("/")
    wrong = (
        not path.isprintable()
        or "\\" in path
        or len(parts) > 16
        or any(part in ("", ".", "..") or len(os.fsencode(part)) > 255 for part in parts)
    )
    if wrong or TEMPORARY.fullmatch(parts[-1]) or parts[-1] == ".longhaul.lock":
        raise Refused(f"path {path!r}; right is a relative path inside the agent's directory, such as notes/plan.md")
    return [agent, *parts]


def _inner(parent: int, name: str, create: bool) -> int:
    if create:
        with suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=parent)
    try:
        return os.open(name, DIRECTORY, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Refused(f"{name!r} is not a directory, or a symbolic link to one; it must be a directory") from error
        raise


def _content(directory: int, name: str, path: str) -> bytes:
    _refuse_unless_file(directory, name, path, missing_is_fine=False)
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    with os.fdopen(file, "rb") as opened:
        content = opened.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Refused(f"{path!r} is larger than {LARGEST} bytes")
    return content


def _refuse_unless_file(directory: int, name: str, path: str, missing_is_fine: bool = True) -> None:
    try:
        mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    except FileNotFoundError:
        if missing_is_fine:
            return
        raise
    if not stat.S_ISREG(mode):
        raise Refused(f"{path!r} is not a plain file; move it away, and a file will be written there")


def _write(directory: int, name: str, content: bytes) -> None:
    file = os.open(name, NEW, 0o600, dir_fd=directory)
    with os.fdopen(file, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fchmod(opened.fileno(), 0o644)
        os.fsync(opened.fileno())


def _sweep(directory: int) -> None:
    """Temporary files that a killed process left."""
    for name in _names(directory):
        if TEMPORARY.fullmatch(name):
            with suppress(FileNotFoundError):
                age = time.time() - os.stat(name, dir_fd=directory, follow_symlinks=False).st_mtime
                if age > ABANDONED_SECONDS:
                    os.unlink(name, dir_fd=directory)


def _names(directory: int) -> list[str]:
    return os.listdir(directory)


def _take(lock: int, agent: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the files of agent {agent} were in use for {seconds} s") from error
            time.sleep(POLL_SECONDS)
