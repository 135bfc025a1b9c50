"""Postgres has committed and the connection breaks before anybody is told: the append is found, and not doubled."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from chaos.campaign.postgres_edge import Cut, PostgresEdge
from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, kept, of_type, toy, verified, waits
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, running

EFFECTS = ("pure", "transactional", "keyed", "lookup", "once")
STORY = {
    "JobRequested": 1,
    "JobOpened": 1,
    "TurnTaken": 2,
    "PlanRevised": 1,
    "ModelAnswered": len(EFFECTS) + 2,
    "ToolCalled": len(EFFECTS) + 1,
    "ToolReturned": len(EFFECTS) + 1,
    "InformationGiven": 1,
    "ApprovalRequested": 1,
    "ApprovalGranted": 1,
    "JobCompleted": 1,
}
"""How often each event stands in the job's journal, whatever is cut."""
APPENDS = {
    "request": "JobRequested",
    "opening": "JobOpened",
    "turn": "TurnTaken",
    "decision": "ModelAnswered",
    "call": "ToolCalled",
    "outcome": "ToolReturned",
    "message": "InformationGiven",
    "consent": "ApprovalGranted",
    "close": "JobCompleted",
}


@pytest.fixture
async def proxy(settings: Settings) -> AsyncIterator[PostgresEdge]:
    async with PostgresEdge.before(settings.needed("postgres_dsn")) as proxy:
        yield proxy


@pytest.fixture
async def longhaul(settings: Settings, proxy: PostgresEdge, witness: Witness) -> AsyncIterator[Longhaul]:
    """A client with a connection of its own, and a worker whose connections go by way of the proxy."""
    behind = settings.model_copy(update={"postgres_dsn": SecretStr(proxy.dsn)})
    agents = Agents({"toy": Toy()}, toy_tools(witness, seconds=20))
    async with running(behind, agents), Longhaul.connect(settings) as client:
        yield client


async def _through(longhaul: Longhaul, job: str) -> None:
    """A job through every effect, a message and an approval."""
    await longhaul.start(toy(job, *EFFECTS, "guarded"))
    asked = (await waits(longhaul, job)).requests[0]
    await longhaul.say(job, "inform", {"by": "ann", "text": "hello", "message_id": "m1"}, patience=30)
    await longhaul.say(job, "approve", {"by": "ann", "request": asked.id}, patience=30)
    assert (await ended(longhaul, job)).status == "completed"


async def _is_whole(longhaul: Longhaul, job: str, witness: Witness) -> None:
    happened = await events(longhaul, job)
    assert {name: len(of_type(happened, name)) for name in sorted({each.type for each in happened})} == dict(
        sorted(STORY.items())
    ), "nothing is doubled, and no outcome is in doubt"
    assert sorted(effect["tool"] for effect in witness.effects()) == ["guarded", "keyed", "lookup", "once"]
    assert len(await kept(longhaul)) == 1
    await verified(longhaul, job)


@pytest.mark.parametrize("append", APPENDS)
async def test_cut_after_the_commit_of(
    append: str, longhaul: Longhaul, proxy: PostgresEdge, witness: Witness, unique: str
) -> None:
    order = proxy.cut(Cut.REPLY, APPENDS[append].encode())
    await _through(longhaul, unique)
    assert order.done.is_set()
    await _is_whole(longhaul, unique, witness)


async def test_cut_after_every_second_commit_of_calls_and_outcomes(
    longhaul: Longhaul, proxy: PostgresEdge, witness: Witness, unique: str
) -> None:
    """Of each effect the call or the outcome, the transactional one's with its effect in the same commit."""
    orders = [proxy.cut(Cut.REPLY, needle) for needle in (b"ToolCalled", b"ToolReturned") for _ in range(3)]
    await _through(longhaul, unique)
    assert all(order.done.is_set() for order in orders)
    await _is_whole(longhaul, unique, witness)


@pytest.mark.parametrize("append", ["decision", "call", "outcome", "message", "close"])
async def test_cut_before_the_commit_of(
    append: str, longhaul: Longhaul, proxy: PostgresEdge, witness: Witness, unique: str
) -> None:
    """The same connection cut on the way to Postgres: nothing stands, and it is appended once."""
    order = proxy.cut(Cut.REQUEST, APPENDS[append].encode())
    await _through(longhaul, unique)
    assert order.done.is_set()
    await _is_whole(longhaul, unique, witness)


async def test_all_connections_cut_at_once(
    longhaul: Longhaul, proxy: PostgresEdge, witness: Witness, unique: str
) -> None:
    await longhaul.start(toy(unique, *EFFECTS, "guarded"))
    await until(witness.effects)
    proxy.cut_all()
    asked = (await waits(longhaul, unique)).requests[0]
    proxy.cut_all()
    await longhaul.say(unique, "inform", {"by": "ann", "text": "hello", "message_id": "m1"}, patience=30)
    await longhaul.say(unique, "approve", {"by": "ann", "request": asked.id}, patience=30)
    assert (await ended(longhaul, unique)).status == "completed"
    await _is_whole(longhaul, unique, witness)
