"""One tool of one's own under faults."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from chaos.torture import report
from chaos.torture.found import found
from chaos.torture.given import Torture
from chaos.torture.run import Report, own_postgres, tortured
from starter.commands.options import Output
from starter.output import Exit, clean, data, next_commands, say, show, table


def torture_(
    file: Annotated[Path, Parameter(help="the Python file that holds a Torture: docs/extending.md")],
    *,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="show every broken scenario in full")] = False,
    output: Output = "text",
) -> int:
    """Run a tool through every crash point, two attempts and a sleeper, and see whether it keeps its promise.

    It runs the real activities on a Postgres of its own, and calls what the tool calls: let that be a test target.
    """
    tortures = found(file)
    logging.disable(logging.ERROR)  # an attempt that is cut off says so, in every scenario
    reports = _reports(tortures)
    if output != "text":
        data([each.model_dump(mode="json") for each in reports], output)
    else:
        for each in reports:
            for text in report.broken(each, everything=all_):
                show(clean(text))
        table(report.COLUMNS, report.rows(reports))
        if excuse := report.excuse(reports):
            say(excuse)
    kept = all(each.kept for each in reports)
    next_commands("longhaul tools" if kept else f"longhaul torture {file} --all")
    return Exit.DONE if kept else Exit.FAILED


def _reports(tortures: list[Torture]) -> list[Report]:
    reports = []
    with own_postgres() as settings:
        for each in tortures:
            say(f"torturing {each.tool.name} ({each.tool.effect.value})")
            reports.append(asyncio.run(tortured(settings, each)))
    return reports
