"""A stack of a bench's own, so that it neither finds nor leaves anything."""

import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from settings import Settings
from stack import local
from stores.migrate import migrate


def say(text: str) -> None:
    """Progress, on stderr."""
    sys.stderr.write(f"{text}\n")


@contextlib.contextmanager
def own_stack(given: Settings, *, postgres_only: bool = False, say: Callable[[str], None] = say) -> Iterator[Settings]:
    """The settings with a stack in a new home, migrated; it ends with the block, and nothing is left of it.

    A closed terminal and SIGTERM end the block as Ctrl-C does.
    """
    ends = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]
    for number in ends:
        signal.signal(number, signal.default_int_handler)
    home = Path(tempfile.mkdtemp(prefix="longhaul-bench-", dir="/var/tmp"))
    home.chmod(0o755)
    settings = given.model_copy(update={"home": home})
    try:
        up = local.start_one(settings, "postgres", say) if postgres_only else local.up(settings, say)
        settings = settings.with_stack(up)
        migrate(settings.migrations_dsn)
        yield settings
    finally:
        local.down(settings, say)
        shutil.rmtree(home, ignore_errors=True)
        for number in ends:
            signal.signal(number, signal.SIG_DFL)
