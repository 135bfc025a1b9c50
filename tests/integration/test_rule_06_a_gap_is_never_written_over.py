"""Rule 6: a journal that lacks what was seen is behind: the job stops and says so; nothing is written over the gap."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.inputs import OpenJob
from domain.head import Head
from domain.spoken import InformationGiven
from stores.jobs import Jobs
from stores.postgres import EVERY_AGENT, Pool, transaction
from tests.integration.conftest import Deciding
from tests.integration.lives import Life

TABLES = ("agent_events", "agent_tasks", "todo_items", "memory_entries", "outbox")


async def _reopen(life: Life) -> object:
    given = OpenJob(job=life.job, request=life.request(), seen=life.seen, now=life.now)
    return await life.hands.do(life.hands.job.open_job, given)


MOVES: dict[str, Callable[[Life], Awaitable[Any]]] = {
    "open_job": _reopen,
    "take_turn": Life.turn,
    "decide": Life.decide,
    "act": Life.act,
    "record": lambda life: life.say("tell", text="in blue"),
    "expire": Life.expire,
    "read_on": Life.read_on,
    "close_job": Life.close,
}
EACH = pytest.mark.parametrize("move", MOVES.values(), ids=MOVES.keys())


async def _rows(pool: Pool) -> list[Any]:
    async with transaction(pool, EVERY_AGENT) as connection:
        return [await (await connection.execute(f"table {name} order by 1, 2".encode())).fetchall() for name in TABLES]


async def _cut(owners_pool: Pool, after: int) -> None:
    """Restores an older backup."""
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        await connection.execute("delete from agent_events where version > %s", (after,))
        await connection.execute("delete from outbox where version > %s", (after,))


@EACH
async def test_a_tail_that_is_gone_stops_the_job_and_nothing_is_written(
    move: Callable[[Life], Awaitable[Any]], deciding: Deciding, pool: Pool, owners_pool: Pool
) -> None:
    life = await deciding("keyed")
    await _cut(owners_pool, life.seen.version - 1)
    before = await _rows(pool)
    with pytest.raises(ApplicationError) as raised:
        await move(life)
    assert raised.value.type == "JournalBehind"
    assert raised.value.non_retryable
    assert "restore" in str(raised.value)
    assert await _rows(pool) == before
    assert life.hands.target.came == []


@EACH
async def test_another_history_of_the_same_length_stops_the_job(
    move: Callable[[Life], Awaitable[Any]], deciding: Deciding, pool: Pool, owners_pool: Pool
) -> None:
    life = await deciding("keyed")
    await _cut(owners_pool, life.seen.version - 1)
    await _note(pool, life.job, "otherwise")
    before = await _rows(pool)
    with pytest.raises(ApplicationError, match="JournalBehind"):
        await move(life)
    assert await _rows(pool) == before
    assert life.hands.target.came == []


@pytest.mark.parametrize("tool", ["pure", "keyed", "once", "transactional"])
async def test_a_backup_restored_while_a_tool_works_is_not_written_over(
    tool: str, deciding: Deciding, pool: Pool, owners_pool: Pool
) -> None:
    """What the outcome was to follow is gone: between the last look at the journal and the append."""
    life = await deciding(tool)
    after_the_cut: list[list[Any]] = []

    async def restored() -> None:
        await _cut(owners_pool, life.seen.version - 1)
        after_the_cut.append(await _rows(pool))

    life.hands.target.during = restored
    with pytest.raises(ApplicationError) as raised:
        await life.act()
    assert raised.value.type == "JournalBehind"
    assert raised.value.non_retryable
    assert [await _rows(pool)] == after_the_cut


async def test_a_cache_does_not_survive_a_restored_backup(deciding: Deciding, pool: Pool, owners_pool: Pool) -> None:
    """The worker holds the state of a version whose row is now another one: caches go by hash."""
    life = await deciding("keyed")
    await life.say("inform", text="before")
    await _cut(owners_pool, life.seen.version - 1)
    head = await _note(pool, life.job, "after")
    assert head.version == life.seen.version
    found = await life.hands.jobs.find(life.job, head)
    assert [said.text for said in found.state.information] == ["after"]


async def _note(pool: Pool, job: str, text: str) -> Head:
    """Another worker goes on from the restored backup."""
    note = InformationGiven(message_id=text, by="bob", at=1.0, text=text)
    return (await Jobs(pool).append(job, Head(), lambda standing: [note])).head
