"""`rebuild` makes every table from the journal alone, row for row, after jobs that went every way there is."""

from typing import Any

import pytest

from stores import rebuild
from stores.postgres import EVERY_AGENT, Pool, transaction
from tests.integration.conftest import Deciding
from tests.integration.lives import Life

SPOILED = {
    "agent_tasks": "update agent_tasks set status = 'failed', revision = 9, waiting_for = '[]', started_at = null",
    "todo_items": "delete from todo_items",
    "memory_entries": "update memory_entries set removed_in = 1, text = 'lies'",
    "documents": "update documents set sha256 = 'x'",
    "memory_grants": "update memory_grants set reader_id = 'eve'",
}


async def tables(pool: Pool) -> dict[str, list[Any]]:
    async with transaction(pool, EVERY_AGENT) as connection:
        return {
            name: await (await connection.execute(f"table {name} order by 1, 2, 3".encode())).fetchall()
            for name in rebuild.TABLES
        }


async def test_row_for_row(lived: dict[str, Life], pool: Pool) -> None:
    before = await tables(pool)
    statuses = {row[3] for row in before["agent_tasks"]}
    assert statuses >= {"completed", "failed", "cancelled", "waiting", "in_progress"}
    assert all(before.values()), "every table has rows"
    assert await rebuild.rebuild(pool) == dict.fromkeys(rebuild.TABLES, 0)
    assert await tables(pool) == before
    assert len(lived) == len(before["agent_tasks"])


@pytest.mark.parametrize("table", SPOILED)
@pytest.mark.usefixtures("lived")
async def test_what_somebody_changed_is_counted_and_put_right(table: str, pool: Pool) -> None:
    before = await tables(pool)
    async with transaction(pool, EVERY_AGENT) as connection:
        await connection.execute(SPOILED[table].encode())
    spoiled = await tables(pool)
    counted = await rebuild.rebuild(pool, keep=False)
    assert [name for name, count in counted.items() if count] == [table]
    assert await tables(pool) == spoiled, "it was only to compare"
    assert await rebuild.rebuild(pool) == counted
    assert await tables(pool) == before


async def test_a_job_goes_on_after_a_rebuild(deciding: Deciding, pool: Pool) -> None:
    life = await deciding("keyed")
    await rebuild.rebuild(pool)
    await life.act()
    assert life.state.steps_done == 1
    assert not any((await rebuild.rebuild(pool, keep=False)).values())
