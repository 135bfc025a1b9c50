"""`python -m bench.mailing [MAILS]`: one mailing of so many (10,000), with a worker that is killed once on the way.

Prints mails a second, the worker's memory at each tenth (MB), the runs that continue-as-new made, and what went wrong.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
from pydantic import SecretStr

from agents.jobs import job_type
from bench.own import own_stack, say
from domain.events import Limits
from domain.head import Head
from settings import Settings
from starter.client import Longhaul, request
from tests.support.mail_service import MailService, mail_service
from tests.support.processes import WorkerProcess

JOB = "mailing-bench"
TENTHS = 10


async def measured(settings: Settings, service: MailService, folder: Path, mails: int) -> dict[str, object]:
    """Every figure."""
    with WorkerProcess(settings) as worker:
        async with Longhaul.connect(settings) as longhaul:
            await _approved(longhaul, folder, mails)
            began, memory, killed = time.monotonic(), list[float](), 0
            while (row := await longhaul.row(JOB))["status"] not in ("completed", "failed"):
                tenth = TENTHS * len(service.taken) // mails
                if tenth > len(memory):
                    assert worker.process is not None
                    memory.append(round(psutil.Process(worker.process.pid).memory_info().rss / 1e6, 1))
                    say(f"{len(service.taken):,} mails, {memory[-1]} MB")
                if tenth == TENTHS // 2 and not killed:
                    killed = 1
                    worker.kill()
                    worker.start()
                await asyncio.sleep(0.2)
            seconds = time.monotonic() - began
            runs = [each async for each in longhaul.temporal.list_workflows(f"WorkflowId = 'job/{JOB}'")]
    counted = Counter(service.addresses)
    return {
        "status": row["status"],
        "mails": len(counted),
        "mails_twice": sum(times > 1 for times in counted.values()),
        "requests": len(service.requests),
        "worker_kills": killed,
        "seconds": round(seconds, 1),
        "mails_per_second": round(len(counted) / seconds, 1),
        "worker_memory_mb_at_each_tenth": memory,
        "workflow_runs": len(runs),
        "largest_history_events": max(each.history_length for each in runs),
        "todo_lines": len((settings.home / "agents" / "bench" / "TODO.md").read_text(encoding="utf-8").splitlines()),
    }


async def _approved(longhaul: Longhaul, folder: Path, mails: int) -> None:
    listed = "email,name\n" + "".join(f"p{n}@example.org,P{n}\n" for n in range(mails))
    (folder / "list.csv").write_text(listed, encoding="utf-8")
    (folder / "template.txt").write_text("Subject: News for {name}\n\nDear {name},\n" + "all is well.\n" * 60)
    inputs = {"recipients": str(folder / "list.csv"), "template": str(folder / "template.txt")}
    asked = request("mailing", "bench", job_type("mailing").checked(inputs), "mail", "bench", job=JOB)
    await longhaul.start(asked.model_copy(update={"limits": Limits(steps=1_000_000)}))
    found = await longhaul.jobs.find(JOB, Head())
    while not found.state.requests:
        await asyncio.sleep(0.2)
        found = await longhaul.jobs.find(JOB, Head())
    await longhaul.say(JOB, "approve", {"by": "bench", "request": found.state.requests[0].id})


def main() -> None:
    """Starts a stack of its own, mails, ends it."""
    mails = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    given = Settings(tool_calls_per_minute=10_000_000, model_calls_per_minute=10_000_000)
    with own_stack(given) as settings, mail_service() as service:
        mine = settings.model_copy(update={"mail_url": SecretStr(service.url)})
        figures = asyncio.run(measured(mine, service, settings.home, mails))
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
