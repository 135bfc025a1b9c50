"""`python -m bench.peers.rewound`: DBOS when Postgres is restored from a backup under running work.

It stands beside the loss matrix of docs/reliability.md: eight runs at once, ten effects each; a backup once ten effects
have happened, the backup again two seconds later. The process lives on, or is started again when Postgres is back.
"""

import asyncio
import os
import sys
import time
from dataclasses import dataclass

from bench.own import own_stack
from bench.peers.counting import moved_after
from bench.peers.errand import Errand
from bench.peers.lines import BY_NAME, Line
from bench.peers.stage import Stage, refuse_without_peers
from bench.peers.table import columns
from bench.peers.witness import Seen
from chaos.campaign.arena import Servers
from chaos.campaign.losses import BETWEEN_SECONDS, JOBS
from chaos.campaign.processes import until
from settings import Settings

LINES = ("dbos-step", "dbos-keyed", "dbos-datasource")
EFFECTS = 10
PACE_SECONDS = 0.6
"""An effect takes so long, that the work outlasts the backup and its return, as jobs do."""
BEGIN_SECONDS = 60.0
FIRST = 10
"""Effects of all runs before the backup."""
NOTED = "select workflow_uuid, function_id from dbos.operation_outputs"
HEADS = ("", "records lost", "effects repeated", "effects lost", "all moved again after", "runs that ended")


@dataclass(frozen=True)
class Rewound:
    """What the rewind came to. `records` are the steps that DBOS had noted, and that the backup does not have."""

    title: str
    records: int
    repeated: int
    lost: int
    seconds: float | None
    ended: int


async def rewound(settings: Settings, line: Line, *, again: bool) -> Rewound:
    """Measures one line; `again`: the process is killed once Postgres is back, and another one started."""
    name = f"{line.name}-{'again' if again else 'on'}"
    stage, servers = Stage(settings, line, name), Servers(settings, settings.home)
    stage.prepare()
    runs = tuple(f"{name}-{number}" for number in range(JOBS))
    errand = Errand(str(stage.folder / f"{name}.json"), name, line.way, runs, EFFECTS, together=True, pace=PACE_SECONDS)
    for run in runs:
        errand.witness(run).arm(())
    work = asyncio.create_task(stage.carried(errand))
    if not await until(lambda: sum(seen.what == "begun" for seen in _seen(errand)) >= FIRST, BEGIN_SECONDS):
        raise TimeoutError(f"{name} has not begun within {BEGIN_SECONDS:.0f} s; its log is beside {errand.path}")
    backup = settings.home / f"{name}.backup"
    await asyncio.to_thread(servers.back_up_postgres, backup)
    await asyncio.sleep(BETWEEN_SECONDS)
    had = _noted(stage)
    await asyncio.to_thread(servers.restore_postgres, backup)
    back = time.time()
    if again:
        stage.kill()
    gone = len(had - _noted(stage))
    await work
    return _told(line, stage, errand, again=again, gone=gone, back=back)


def _noted(stage: Stage) -> set[tuple[object, ...]]:
    """The steps that DBOS has noted."""
    return set(stage.selected(NOTED))


def _seen(errand: Errand) -> list[Seen]:
    return [seen for run in errand.runs for seen in errand.witness(run).lines()]


def _told(line: Line, stage: Stage, errand: Errand, *, again: bool, gone: int, back: float) -> Rewound:
    runs = [stage.counted(errand, run) for run in errand.runs]
    moved = [moved_after(errand.witness(run).lines(), back) for run in errand.runs]
    return Rewound(
        title=f"{line.title}, {'started again' if again else 'living on'}",
        records=gone,
        repeated=sum(run.duplicates for run in runs),
        lost=sum(run.lost for run in runs),
        seconds=None if None in moved else max(seconds for seconds in moved if seconds is not None),
        ended=sum(run.ended for run in runs),
    )


def _row(each: Rewound) -> tuple[str, ...]:
    seconds = "never" if each.seconds is None else f"{each.seconds:.1f} s"
    return (each.title, str(each.records), str(each.repeated), str(each.lost), seconds, f"{each.ended} of {JOBS}")


async def _all(settings: Settings) -> list[Rewound]:
    return [await rewound(settings, BY_NAME[name], again=again) for name in LINES for again in (False, True)]


def main() -> None:
    """Measures on a stack of its own."""
    refuse_without_peers()
    with own_stack(Settings(), postgres_only=True) as settings:
        found = asyncio.run(_all(settings))
    sys.stdout.write(columns([HEADS, *(_row(each) for each in found)]) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
