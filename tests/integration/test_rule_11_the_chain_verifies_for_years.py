"""Rule 11: whatever is changed, removed, added or put in another order in the journal is found, at its place."""

import re

import pytest

from domain.errors import JournalBroken
from domain.events import SCHEMA
from domain.head import Head
from domain.upcast import NewerSchema
from stores import journal
from stores.jobs import Jobs
from stores.postgres import EVERY_AGENT, Pool, transaction
from tests.integration.conftest import Deciding
from tests.integration.lives import Life, finish

VERSION = 4
CHANGES = {
    "event_data": "event_data || '{\"at\": 1}'",
    "event_type": "event_type || 'x'",
    "schema": "schema + 1",
    "salt": "salt || '\\x00'",
    "digest": "sha256(digest)",
    "prev_hash": "sha256(prev_hash)",
    "hash": "sha256(hash)",
    "stream": "stream || 'x'",
}


@pytest.fixture
async def life(deciding: Deciding) -> Life:
    """A job that has ended, with an agent that remembers."""
    life = await deciding("remember")
    await life.act()
    await life.say("tell", text="in blue")
    life.hands.script.answers = [finish(learnings=["it works"])]
    await life.decide()
    await life.close()
    assert life.state.end
    return life


async def _verified(pool: Pool, stream: str) -> Head:
    async with transaction(pool, EVERY_AGENT) as connection:
        return await journal.verify(connection, stream)


async def _broken_at(pool: Pool, stream: str) -> int:
    with pytest.raises(JournalBroken) as raised:
        await _verified(pool, stream)
    found = re.search(r"at version (\d+)", str(raised.value))
    assert found
    return int(found[1])


async def test_untouched_streams_verify_up_to_the_head_that_the_job_has(life: Life, pool: Pool) -> None:
    assert await _verified(pool, f"job/{life.job}") == life.seen
    assert (await _verified(pool, f"agent/{life.agent}")).version == 2


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("version", [1, VERSION, None], ids=["the first", "one between", "the last"])
async def test_a_changed_column_of_any_row_is_found_there(
    version: int | None, column: str, life: Life, owners_pool: Pool
) -> None:
    at = version or life.seen.version
    if column == "stream" and version is None:
        pytest.skip("a tail that is gone is seen by who has seen it: rule 6")
    statement = f"update agent_events set {column} = {CHANGES[column]} where stream = %s and version = %s"
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        await connection.execute(statement.encode(), (f"job/{life.job}", at))
    assert await _broken_at(owners_pool, f"job/{life.job}") == (at + 1 if column == "stream" else at)


async def test_a_removed_row_is_found(life: Life, owners_pool: Pool) -> None:
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        await connection.execute("delete from agent_events where version = %s", (VERSION,))
    assert await _broken_at(owners_pool, f"job/{life.job}") == VERSION + 1


async def test_a_removed_row_whose_place_is_closed_is_found(life: Life, owners_pool: Pool) -> None:
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        await connection.execute("delete from agent_events where version = %s", (VERSION,))
        for version in range(VERSION + 1, life.seen.version + 1):
            query = "update agent_events set version = %s where version = %s and stream = %s"
            await connection.execute(query, (version - 1, version, f"job/{life.job}"))
    assert await _broken_at(owners_pool, f"job/{life.job}") == VERSION


async def test_two_rows_in_the_other_order_are_found(life: Life, owners_pool: Pool) -> None:
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        for before, after in ((VERSION, 999), (VERSION + 1, VERSION), (999, VERSION + 1)):
            query = "update agent_events set version = %s where version = %s and stream = %s"
            await connection.execute(query, (after, before, f"job/{life.job}"))
    assert await _broken_at(owners_pool, f"job/{life.job}") == VERSION


async def test_a_row_that_was_put_in_is_found(life: Life, owners_pool: Pool) -> None:
    """Its own data, salt and digest fit; it fits nowhere into the chain."""
    query = (
        "insert into agent_events"
        " (stream, version, agent_id, event_type, schema, event_data, salt, digest, prev_hash, hash)"
        " select stream, version + 1, agent_id, event_type, schema, event_data, salt, digest, hash, hash"
        " from agent_events where stream = %s and version = %s"
    )
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        await connection.execute(query, (f"job/{life.job}", life.seen.version))
    assert await _broken_at(owners_pool, f"job/{life.job}") == life.seen.version + 1


async def test_a_row_of_another_stream_does_not_fit(life: Life, owners_pool: Pool) -> None:
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        await connection.execute("update agent_events set stream = 'job/other' where stream = %s", (f"job/{life.job}",))
    assert await _broken_at(owners_pool, "job/other") == 1


async def test_an_event_of_a_newer_release_is_not_guessed_at(life: Life, pool: Pool, owners_pool: Pool) -> None:
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        query = "update agent_events set schema = %s where stream = %s and version = 2"
        await connection.execute(query, (SCHEMA + 1, f"job/{life.job}"))
    with pytest.raises(NewerSchema, match=f"schema {SCHEMA + 1}, this release knows {SCHEMA}"):
        await Jobs(pool).find(life.job, Head())


async def test_equal_events_have_unequal_digests(life: Life, pool: Pool) -> None:
    """The digest is salted: an erased text cannot be found again by guessing."""
    await life.say("inform", text="yes")
    await life.say("inform", text="yes")
    async with transaction(pool, EVERY_AGENT) as connection:
        row = await (await connection.execute("select count(*), count(distinct salt) from agent_events")).fetchone()
    assert row is not None
    assert row[0] == row[1]


async def test_every_event_stands_in_the_outbox_of_its_commit(life: Life, pool: Pool) -> None:
    async with transaction(pool, EVERY_AGENT) as connection:
        query = (
            "select count(*), count(told.version) from agent_events left join outbox as told using (stream, version)"
        )
        row = await (await connection.execute(query)).fetchone()
    assert row is not None
    assert row[0] == row[1] == life.seen.version + 2
