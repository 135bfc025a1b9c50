"""Starting toy jobs and waiting for them."""

from typing import Any

from domain.events import JobEvent, JobRequested
from domain.head import Head
from domain.job import JobState
from starter.client import Longhaul, request
from stores import journal
from stores.postgres import reading
from tests.conftest import until
from tests.support.witness import Witness

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


async def seen_to_its_end(longhaul: Longhaul, job: str, witness: Witness) -> JobState:
    """A person answers whatever the job asks, by what has really happened."""

    async def asks_or_over() -> bool:
        state = (await longhaul.jobs.find(job, _START)).state
        return state.end is not None or state.status == "waiting"

    while True:
        await until(asks_or_over)
        state = await longhaul.state(job)
        if state.end:
            return state
        kind, said = _word_on(state, job, witness)
        await longhaul.say(job, kind, {"by": "ann", **said}, patience=20)


def _word_on(state: JobState, job: str, witness: Witness) -> tuple[str, dict[str, Any]]:
    if state.pause:
        return "resume", {}
    request = state.requests[0]
    if request.kind == "approval":
        return "approve", {"request": request.id}
    unknown = next(call for call in state.unknown if call.request == request.id)
    return "answer", {
        "request": request.id,
        "text": "sent" if witness.knows(f"{job}/{unknown.open.version}") else "again",
    }


async def events(longhaul: Longhaul, job: str) -> list[JobEvent]:
    """The job's events so far."""
    return [event for _, _, event in await longhaul.timeline(job)]


def of_type(found: list[JobEvent], *types: str) -> list[JobEvent]:
    """Those of the given types."""
    return [event for event in found if event.type in types]


async def verified(longhaul: Longhaul, *jobs: str) -> None:
    """The jobs' hash chains hold."""
    async with reading(longhaul.jobs.pool) as connection:
        for job in jobs:
            await journal.verify(connection, f"job/{job}")


async def kept(longhaul: Longhaul) -> list[str]:
    """The keys of the transactional tool's rows."""
    async with reading(longhaul.jobs.pool) as connection:
        return [row[0] for row in await (await connection.execute("select key from toys")).fetchall()]
