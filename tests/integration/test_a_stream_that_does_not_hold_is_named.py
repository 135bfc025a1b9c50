"""`report` recomputes chains and tables of streams, changes nothing, and holds nobody up."""

import asyncio

import pytest
from psycopg.errors import ReadOnlySqlTransaction

from domain.report import Period
from stores import rebuild
from stores.consistency import consistency
from stores.postgres import EVERY_AGENT, Pool, transaction
from stores.report import only_reading, snapshot
from tests.integration.conftest import Deciding
from tests.integration.lives import Life
from tests.integration.test_rebuilt_tables_equal_the_first import SPOILED, tables

ALWAYS = Period()


async def test_all_hold_after_jobs_that_went_every_way(lived: dict[str, Life], pool: Pool) -> None:
    before = await tables(pool)
    found = await consistency(pool, ALWAYS, None)
    assert found.wrong == ()
    assert found.rate.hit == found.rate.of == found.streams > len(lived), "jobs, and agents"
    assert await tables(pool) == before


@pytest.mark.parametrize("table", SPOILED)
@pytest.mark.usefixtures("lived")
async def test_a_row_that_was_changed_is_seen_and_left_alone(table: str, pool: Pool) -> None:
    async with transaction(pool, EVERY_AGENT) as connection:
        await connection.execute(SPOILED[table].encode())
    spoiled = await tables(pool)
    found = await consistency(pool, ALWAYS, None)
    assert found.wrong, "at least one"
    assert all(each.why == f"rows are not what follows from it: {table}" for each in found.wrong)
    kind = rebuild.OWN[table][1]
    assert all(each.stream.startswith(kind) for each in found.wrong)
    assert found.rate.jobs_amiss == len(found.wrong) == found.rate.of - found.rate.hit
    assert await tables(pool) == spoiled


async def test_a_row_of_the_journal_that_was_changed_is_seen(
    lived: dict[str, Life], pool: Pool, owners_pool: Pool
) -> None:
    changed = f"job/{lived['done'].job}"
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        statement = "update agent_events set event_data = event_data || '{\"at\": 7}' where stream = %s and version = 2"
        await connection.execute(statement, (changed,))
    [wrong] = (await consistency(pool, ALWAYS, None)).wrong
    assert wrong.stream == changed
    assert f"{changed} at version 2" in wrong.why


@pytest.mark.usefixtures("lived")
async def test_a_part_is_a_part(pool: Pool) -> None:
    """As many as were asked for, the same each time, and how many there are."""
    found = await consistency(pool, ALWAYS, 3)
    assert (found.rate.of, found.rate.hit) == (3, 3)
    assert found.streams == (await consistency(pool, ALWAYS, None)).rate.of > 3


async def test_it_can_change_nothing(pool: Pool) -> None:
    with pytest.raises(ReadOnlySqlTransaction):
        async with snapshot(pool) as connection:
            await only_reading(connection)
            await connection.execute("delete from todo_items")


async def test_a_job_goes_on_meanwhile(deciding: Deciding, pool: Pool) -> None:
    """No row is locked, and a commit meanwhile is no difference."""
    life = await deciding("keyed")
    done = asyncio.Event()

    async def looking() -> int:
        wrong = 0
        while not done.is_set():
            wrong += len((await consistency(pool, ALWAYS, None)).wrong)
        return wrong

    watcher = asyncio.create_task(looking())
    for number in range(20):
        await life.say("tell", text=f"requirement {number}", info=True)
    await life.act()
    done.set()
    assert await watcher == 0
    assert life.state.steps_done == 1
