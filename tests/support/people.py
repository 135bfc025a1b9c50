"""A person of a test, who looks at what went out and answers by that."""

from domain.head import Head
from domain.job import JobState
from starter.client import Longhaul
from tests.conftest import until
from tests.support.witness import Witness


async def answered_by_the_witness(longhaul: Longhaul, job: str, witness: Witness) -> JobState:
    """Answers every unknown outcome of the job until it ends; returns its last state."""

    async def asks_or_over() -> bool:
        state = (await longhaul.jobs.find(job, Head())).state
        return state.end is not None or (state.status == "waiting" and bool(state.requests))

    while True:
        await until(asks_or_over, 60)
        state = await longhaul.state(job)
        if state.end:
            return state
        unknown = next(call for call in state.unknown if call.request == state.requests[0].id)
        verdict = "sent" if witness.knows(f"{job}/{unknown.open.key}") else "again"
        await longhaul.say(job, "answer", {"by": "ann", "request": unknown.request, "text": verdict}, patience=20)
