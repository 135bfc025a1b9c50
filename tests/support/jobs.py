"""Starting toy jobs and waiting for them."""

from domain.events import JobEvent, JobRequested
from domain.head import Head
from domain.job import JobState
from starter.client import Longhaul, request
from tests.conftest import until

_START = Head()


def toy(job: str, *items: str, agent: str | None = None, **fields: object) -> JobRequested:
    """A request for a toy job of an agent of its own."""
    asked = request("toy", agent or f"agent-{job}", {"items": list(items)}, "do it all", "ann", job=job)
    return asked.model_copy(update=fields)


async def ended(longhaul: Longhaul, job: str, seconds: float = 60.0) -> JobState:
    """The job's state after its end."""

    async def over() -> bool:
        return (await longhaul.jobs.find(job, _START)).state.end is not None

    await until(over, seconds)
    return await longhaul.state(job)


async def waits(longhaul: Longhaul, job: str, seconds: float = 60.0) -> JobState:
    """The job's state once it waits for a person."""

    async def asks() -> bool:
        return (await longhaul.jobs.find(job, _START)).state.status == "waiting"

    await until(asks, seconds)
    return await longhaul.state(job)


async def events(longhaul: Longhaul, job: str) -> list[JobEvent]:
    """The job's events so far."""
    return [event for _, _, event in await longhaul.timeline(job)]


def of_type(found: list[JobEvent], *types: str) -> list[JobEvent]:
    """Those of the given types."""
    return [event for event in found if event.type in types]
