"""The stack on this machine."""

import os
import sys
from contextlib import suppress
from typing import Annotated

from cyclopts import Parameter

from settings import Settings
from stack import local
from stack.doctor import doctor
from starter.bringup import WORKER, bring_up
from starter.commands.options import Output
from starter.output import CommandError, Exit, clock, data, next_commands, say, show, table


def up_(
    *,
    workers: Annotated[int, Parameter(help="so many workers in the background")] = 1,
    output: Output = "text",
) -> None:
    """Start Postgres, Valkey, Temporal and a worker; what runs already is left alone."""
    if not 0 <= workers <= 64:
        raise CommandError(f"--workers {workers}; right is a number from 0 to 64")
    settings = bring_up(workers)
    if output != "text":
        return _status(settings, output)
    show(f"Longhaul runs; web UI: {settings.ui_url or 'that of your Temporal server'}")
    next_commands("longhaul start survey -i folder=.", "longhaul status", "longhaul down")


def down_(*, output: Output = "text") -> None:
    """End workers, Temporal, Valkey and Postgres, in this order. The data stays."""
    settings = Settings.load()
    local.down(settings, say)
    if output != "text":
        return _status(settings, output)
    next_commands("longhaul up")


def status_(*, output: Output = "text") -> int:
    """List what runs."""
    settings = Settings.load()
    found = local.status(settings)
    if output != "text":
        _status(settings, output)
    else:
        rows = [
            (s.name, s.state, str(s.pid or "-"), s.address or "-", clock(s.since), str(s.log or "-")) for s in found
        ]
        table(("what", "state", "pid", "address", "since (UTC)", "log"), rows)
        next_commands("longhaul doctor" if any(s.state == "dead" for s in found) else "longhaul list")
    down = any(s.state in ("stopped", "dead") for s in found)
    if not down:
        _tell_stopped()
    return Exit.UNREACHABLE if down else Exit.DONE


def _tell_stopped() -> None:
    """The jobs that stand still, if anybody can tell. Imported here: what runs is to be seen at once."""
    from domain.errors import LonghaulError
    from starter.commands.recover import tell_stopped
    from starter.connect import connected
    from starter.losses import stopped

    with suppress(LonghaulError):
        tell_stopped(connected(stopped))


def doctor_(*, output: Output = "text") -> int:
    """Say what is wrong on this machine, and how to mend it."""
    found = doctor(Settings.load())
    if output != "text":
        data([finding.model_dump(mode="json") for finding in found], output)
    for finding in found if output == "text" else []:
        show(f"{finding.verdict:5} {finding.what}: {finding.why}")
        if finding.fix:
            show(f"      fix: {finding.fix}")
    next_commands("longhaul up" if output == "text" else "longhaul status")
    return Exit.FAILED if any(finding.verdict == "bad" for finding in found) else Exit.DONE


def worker_() -> None:
    """Run a worker in the foreground until Ctrl-C or SIGTERM."""
    sys.stdout.flush()
    os.execv(WORKER[0], WORKER)  # noqa: S606 - our own interpreter


def _status(settings: Settings, output: Output) -> None:
    data([status.model_dump(mode="json") for status in local.status(settings)], output)
