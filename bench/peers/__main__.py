"""`python -m bench.peers [-o json]`: Longhaul beside DBOS, LangGraph and bare Temporal, under one plan of kills.

Each run makes 10 effects, one after the other; the process that carries it dies by SIGKILL at 8 of them, just before or
just after the effect, and is started again at once. The witness counts. See docs/peers.md.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psutil

from bench.own import own_stack, say
from bench.peers.campaign import Figures, measured
from bench.peers.lines import BY_NAME, LINES, Line
from bench.peers.plan import Plan, count, planned
from bench.peers.stage import refuse_without_peers, versions
from bench.peers.table import table
from settings import Settings

PACKAGES = ("dbos", "langgraph", "langgraph-checkpoint-postgres", "temporalio")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--effects", type=int, default=10, help="of each run")
    parser.add_argument("--kills", type=int, default=8, help="of each run, each at another effect")
    parser.add_argument("--seed", type=int, default=1, help="of the plan of kills")
    parser.add_argument("--at-once", type=int, default=2, help="runs under way at any time")
    parser.add_argument("--only", nargs="+", choices=BY_NAME, metavar="LINE", help=", ".join(BY_NAME))
    parser.add_argument("-o", choices=("text", "json"), default="text", dest="output")
    asked = parser.parse_args()
    if min(asked.runs, asked.effects, asked.at_once) < 1 or not 0 <= asked.kills <= asked.effects:
        parser.error("--runs, --effects and --at-once are 1 or more, --kills from 0 to as many as --effects")
    return asked


def _lines(names: list[str] | None) -> list[Line]:
    lines = [line for line in LINES if names is None or line.name in names]
    if not all(line.ours for line in lines):
        refuse_without_peers()
    return lines


async def _all(settings: Settings, lines: list[Line], plan: Plan, asked: argparse.Namespace) -> list[Figures]:
    figures = list[Figures]()
    for line in lines:
        figures.append(await measured(settings, line, plan, asked.effects, asked.at_once))
        say(table(figures[-1:]))
    return figures


def _setting(lines: list[Line]) -> dict[str, Any]:
    """The date, the machine, the versions."""
    peers = versions(PACKAGES) if any(not line.ours for line in lines) else {}
    memory = f"{psutil.virtual_memory().total / 2**30:.0f} GiB"
    machine = f"{os.cpu_count()} processors, {memory}, {platform.system()}, Python {platform.python_version()}"
    return {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine, "versions": peers}


def main() -> None:
    """Measures on a stack of its own."""
    asked = _asked()
    lines, plan = _lines(asked.only), planned(asked.seed, asked.runs, asked.effects, asked.kills)
    setting = _setting(lines)
    say(f"the plan: {count(plan, 'before')} kills before and {count(plan, 'after')} after an effect")
    with own_stack(Settings()) as settings:
        figures = asyncio.run(_all(settings, lines, plan, asked))
    if asked.output == "json":
        told = {"asked": vars(asked), **setting, "plan": [[asdict(kill) for kill in kills] for kills in plan]}
        sys.stdout.write(json.dumps({**told, "lines": [each.as_json() for each in figures]}) + "\n")
    else:
        named = " · ".join(f"{name} {version}" for name, version in setting["versions"].items())
        deaths = f"seed {asked.seed}: {count(plan, 'before')} kills before and {count(plan, 'after')} after an effect"
        sys.stdout.write(f"{setting['date']} · {setting['machine']}\n{named}\n{deaths}\n\n{table(figures)}\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
