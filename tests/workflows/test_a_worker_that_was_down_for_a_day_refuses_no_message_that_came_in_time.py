"""No worker, over a deadline: whoever spoke before it is heard, and the deadline's default holds only for the others.

The day lasts some seconds here, for the server that skips time stands still without a worker. Nothing depends on its
length: what came before the timer fired is in time, whenever a worker reads it.
"""

import time

from domain.facts import DAY, Request
from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, waits
from worker import Agents, running

SECONDS = 15.0
"""How long an approval waits."""
WORDS = {
    "approve": ("ApprovalGranted", "completed"),
    "reject": ("ApprovalDenied", "completed"),
    "tell": ("RequirementChanged", "completed"),
    "cancel": ("CancelRequested", "cancelled"),
}
"""What is said, the event that stands for it, and how the job then ends."""
SILENT = "nothing"


async def test_what_was_said_in_time_counts(settings: Settings, agents: Agents, unique: str) -> None:
    settings = settings.model_copy(update={"approval_days": SECONDS / DAY})
    jobs = {kind: f"{unique}-{kind}" for kind in (*WORDS, SILENT)}
    async with Longhaul.connect(settings) as longhaul:
        async with running(settings, agents):
            for job in jobs.values():
                await longhaul.start(toy(job, "guarded"))
            asked = {kind: (await waits(longhaul, job)).requests[0] for kind, job in jobs.items()}
        for kind in WORDS:
            await _say(longhaul, jobs[kind], kind, asked[kind])
        assert time.time() < min(request.deadline.until for request in asked.values())
        last = max(request.deadline.until for request in asked.values())
        await until(lambda: time.time() > last + 2)
        async with running(settings, agents):
            for kind, (event, end) in WORDS.items():
                state, happened = await ended(longhaul, jobs[kind]), await events(longhaul, jobs[kind])
                [said] = of_type(happened, event)
                assert getattr(said, "by", "") == "ann"
                assert state.status == end
                assert not of_type(happened, "RequestExpired", "MessageRefused"), (kind, happened)
            await ended(longhaul, jobs[SILENT])
            assert of_type(await events(longhaul, jobs[SILENT]), "RequestExpired")


async def _say(longhaul: Longhaul, job: str, kind: str, asked: Request) -> None:
    said = {"tell": {"text": "drop guarded"}, "cancel": {}}.get(kind, {"request": asked.id})
    await longhaul.temporal.get_workflow_handle(f"job/{job}").signal(kind, {"by": "ann", **said})
