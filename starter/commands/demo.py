"""The demo."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from settings import Settings
from starter.bringup import bring_up
from starter.client import Longhaul
from starter.commands.options import Output
from starter.connect import in_loop
from starter.demo.picture import as_json, draw
from starter.demo.script import Demo, Outcome
from starter.demo.sink import Sink
from starter.demo.workers import HEARTBEAT, QUEUE, DemoWorker
from starter.output import CommandError, Exit, data, say


def demo_(
    *,
    folder: Annotated[Path, Parameter(help="the folder to survey")] = Path(),
    output: Output = "text",
) -> int:
    """Survey a folder, lose the worker twice, change the requirements, approve the mail: all on this machine."""
    if not folder.is_dir():
        raise CommandError(f"--folder {folder} is not a directory")
    settings = bring_up(workers=0)
    own = {"task_queue": QUEUE, "heartbeat_seconds": float(HEARTBEAT), "workflow_task_timeout_seconds": 2.0}
    settings = settings.model_copy(update=own)
    outcome = in_loop(_play(settings, folder.absolute()))
    if output != "text":
        data(as_json(outcome), output)
    else:
        draw(outcome)
    good = outcome.status == "completed" and outcome.journal_verified and not outcome.duplicate_effects
    return Exit.DONE if good else Exit.FAILED


async def _play(settings: Settings, folder: Path) -> Outcome:
    with Sink() as sink, DemoWorker(settings, sink.url) as worker:
        async with Longhaul.connect(settings) as longhaul:
            return await Demo(longhaul, worker, sink, say).run(folder)
