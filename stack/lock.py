"""One command at a time works on a stack. The kernel drops the lock with its holder, so a stale one cannot exist."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stack.errors import StackBusy
from stack.files import told_plainly
from stack.places import Places, Say, make_places
from stack.processes import wait_until

PATIENCE_SECONDS = 30 * 60.0
"""Another command may be building the Temporal server."""


@contextmanager
def locked(path: Path, say: Say, seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Holds the lock file; waits for another holder and says so; raises `StackBusy` when that takes too long."""
    with told_plainly(path):
        file = path.open("a")
    with file:
        if not _try(file):
            say("another longhaul command is at work here: waiting for it")
            if not wait_until(lambda: _try(file), seconds, every=0.1):
                raise StackBusy(f"{path} was held for {seconds:.0f} s; see which process does: fuser {path}")
        yield


@contextmanager
def at_work(home: Path, say: Say) -> Iterator[Places]:
    """Has the directories of this home's stack, and the lock on it."""
    places = make_places(home, say)
    with locked(places.stack / "lock", say):
        yield places


def _try(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
