"""Following a job live: the journal tells what happened, the agent's Redis stream tells when to look.

Without Redis the journal is looked at every second: slower, and nothing is missed.
"""

from domain.job import JobState
from starter import views
from starter.client import Longhaul
from starter.output import Exit, Format, clock, data, next_commands, show
from starter.progress import is_one_of_many, progress
from starter.story import tell
from stores.notices import Notices
from stores.rows import waiting_for

PAGE = 1000


async def follow(longhaul: Longhaul, job: str, output: Format) -> Exit:
    """Prints a job's events as they come, until it ends or waits for a person."""
    row = await longhaul.row(job)
    state = JobState()
    with progress(output) as told:
        async with Notices.of(longhaul.settings.needed("redis_url"), row["agent_id"]) as notices:
            while True:
                news = await longhaul.timeline(job, after=state.version, limit=PAGE)
                for version, at, event in news:
                    before, state = state, state.apply(event)
                    if output != "text":
                        data({"version": version, "at": at, **event.model_dump(mode="json")}, "jsonl")
                    elif not is_one_of_many(before, event):
                        show(f"{clock(at)}  {tell(event)}")
                told(state)
                if not news and (state.end or state.status == "waiting"):
                    break
                if not news:
                    await notices.next(job)
    waiting = [waiting_for(request) for request in state.requests]
    next_commands(*(views.ways_to_act(job, waiting) or [f"longhaul show {job}"]))
    return views.exit_for(state, waited=False)
