"""Following a job live: the journal tells what happened, the agent's Redis stream tells when to look.

Without Redis the journal is looked at every second: slower, and nothing is missed.
"""

from starter import views
from starter.client import Longhaul
from starter.output import Exit, Format, clock, data, next_commands, show
from starter.story import tell
from stores.notices import Notices
from stores.rows import waiting_for


async def follow(longhaul: Longhaul, job: str, output: Format) -> Exit:
    """Prints a job's events as they come, until it ends or waits for a person."""
    row = await longhaul.row(job)
    seen = 0
    async with Notices.of(longhaul.settings.needed("redis_url"), row["agent_id"]) as notices:
        while True:
            seen = await _print_new(longhaul, job, seen, output)
            state = await longhaul.state(job)
            if state.version > seen:
                continue
            if state.end or state.status == "waiting":
                break
            await notices.next(job)
    waiting = [waiting_for(request) for request in state.requests]
    next_commands(*(views.ways_to_act(job, waiting) or [f"longhaul show {job}"]))
    return views.exit_for(state, waited=False)


async def _print_new(longhaul: Longhaul, job: str, seen: int, output: Format) -> int:
    events = await longhaul.timeline(job, after=seen)
    for version, at, event in events:
        if output == "text":
            show(f"{clock(at)}  {tell(event)}")
        else:
            data({"version": version, "at": at, **event.model_dump(mode="json")}, "jsonl")
    return events[-1][0] if events else seen
