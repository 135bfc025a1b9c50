"""Files of the stack: private, whole or absent, and errors of the system told in a sentence."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.errors import DiskFull, HomeUnusable, StackError


def write_private(path: Path, text: str) -> None:
    """Replaces a file by one that only its owner can read."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def secret(path: Path) -> str:
    """The password kept in this file; drawn the first time."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text().strip()


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Turns what the system refuses under this path into a `StackError`."""
    try:
        yield
    except OSError as error:
        raise plain(error, path) from error


def plain(error: OSError, path: Path) -> StackError:
    """The sentence for an error of the file system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(space_left(path))
    where = error.filename or path
    return HomeUnusable(f"{where}: {error.strerror}; set LONGHAUL_HOME to a directory that {_me()} can write")


def space_left(path: Path) -> str:
    """What is free where this path is, and what to do about it."""
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    free = shutil.disk_usage(there).free // 2**20
    return f"{there} has {free} MB left; free some space, or set LONGHAUL_HOME to a directory on another disk"


def excerpt(log: Path, start: int, count: int = 4) -> str:
    """The first and last lines of a log from there on: a program that dies gives its reason in either."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines if len(lines) <= 2 * count else [*lines[:count], "…", *lines[-count:]])


def _me() -> str:
    import pwd

    try:
        return f"user {pwd.getpwuid(os.geteuid()).pw_name}"
    except KeyError:
        return f"user {os.geteuid()}"
