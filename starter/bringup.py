"""Having the local stack running, its tables made, and workers at work."""

import sys

from settings import Settings
from stack import local
from stack.workers import start_workers
from starter.output import say
from stores.migrate import migrate

WORKER = (sys.executable, "-m", "worker")
READY = "is ready on task queue"


def bring_up(workers: int) -> Settings:
    """Starts what does not run yet; returns the settings with its addresses."""
    local.up(Settings.load(), say)
    settings = Settings.load()
    for name in migrate(settings.migrations_dsn):
        say(f"migration {name} applied")
    if workers:
        start_workers(settings, workers, WORKER, say, ready_line=READY)
    return settings
