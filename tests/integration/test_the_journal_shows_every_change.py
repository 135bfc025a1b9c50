"""The hash chain: whatever is changed, removed or put in another order is found, at its place."""

import pytest

from domain.errors import JournalBehind, JournalBroken, Raced
from domain.events import JobEvent, JobOpened, JobRequested
from domain.head import Head
from domain.spoken import InformationGiven
from domain.upcast import NewerSchema
from stores import journal
from stores.jobs import Jobs
from stores.postgres import EVERY_AGENT, Connection, Pool, transaction
from tests.unit.domain.toy import requested


@pytest.fixture
async def jobs(pool: Pool) -> Jobs:
    """One job with ten events."""
    jobs = Jobs(pool)
    first: tuple[JobRequested | JobOpened, ...] = (requested(), JobOpened(at=1.0))
    found = await jobs.commit(await jobs.find("toy-1", Head()), first)
    for number in range(8):
        found = await jobs.commit(found, [_said(number)])
    return jobs


def _said(number: int, message: str = "") -> InformationGiven:
    return InformationGiven(message_id=message or f"m{number}", by="ann", at=float(number), text=f"note {number} é")


async def test_an_untouched_chain_verifies(jobs: Jobs, pool: Pool) -> None:
    async with transaction(pool, EVERY_AGENT) as connection:
        head = await journal.verify(connection, "job/toy-1")
    assert head == (await jobs.find("toy-1", Head())).head
    assert head.version == 10


TAMPERINGS = {
    "data": "update agent_events set event_data = jsonb_set(event_data, '{text}', '\"other\"') where version = 5",
    "type": "update agent_events set event_type = 'JobPaused' where version = 5",
    "salt": "update agent_events set salt = '\\x00' where version = 5",
    "hash": "update agent_events set hash = sha256('x') where version = 5",
    "schema": "update agent_events set schema = 0 where version = 5",
    "removed": "delete from agent_events where version = 5",
    "swapped": "update agent_events set version = case version when 5 then 1005 else 1006 end where version in (5, 6);"
    "update agent_events set version = case version when 1005 then 6 else 5 end where version in (1005, 1006)",
}


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_a_changed_row_is_found_at_its_place(statement: str, jobs: Jobs, pool: Pool, owners_pool: Pool) -> None:
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        for each in statement.split(";"):
            await connection.execute(each.encode())
        with pytest.raises(JournalBroken, match=r"at version [56];"):
            await journal.verify(connection, "job/toy-1")


async def test_a_tail_that_is_gone_is_seen_by_who_has_seen_it(jobs: Jobs, pool: Pool, owners_pool: Pool) -> None:
    seen = (await jobs.find("toy-1", Head())).head
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        await connection.execute("delete from agent_events where version > 7")
        await journal.verify(connection, "job/toy-1")
    with pytest.raises(JournalBehind, match="at version 10"):
        await Jobs(pool).find("toy-1", seen)


async def test_another_history_of_the_same_length_is_seen(jobs: Jobs) -> None:
    head = (await jobs.find("toy-1", Head())).head
    with pytest.raises(JournalBehind):
        await jobs.find("toy-1", Head(version=head.version, hash="0" * 64))


async def test_an_event_of_a_newer_release_is_refused(jobs: Jobs, pool: Pool, owners_pool: Pool) -> None:
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        await connection.execute("update agent_events set schema = 99 where version = 3")
    with pytest.raises(NewerSchema, match="schema 99"):
        await Jobs(pool).find("toy-1", Head())


async def test_of_two_appends_at_one_version_one_wins(jobs: Jobs) -> None:
    found = await jobs.find("toy-1", Head())
    await jobs.commit(found, [_said(20)])
    with pytest.raises(Raced):
        await jobs.commit(found, [_said(21)])
    assert (await jobs.find("toy-1", Head())).head.version == 11


async def test_a_message_id_stands_once(jobs: Jobs) -> None:
    with pytest.raises(Raced):
        await jobs.commit(await jobs.find("toy-1", Head()), [_said(30, message="m3")])


async def test_a_raced_commit_leaves_nothing(jobs: Jobs, pool: Pool) -> None:
    """Not its rows, not its outbox, not what it did within its transaction."""
    found = await jobs.find("toy-1", Head())
    await jobs.commit(found, [_said(20)])

    async def within(connection: Connection) -> list[JobEvent]:
        await connection.execute("insert into effects (key) values ('left behind')")
        return []

    with pytest.raises(Raced):
        await jobs.commit(found, [_said(21)], within=within)
    async with transaction(pool, EVERY_AGENT) as connection:
        row = await (await connection.execute("select max(key) from effects")).fetchone()
    assert row == (None,)


async def test_every_event_has_its_outbox_row(jobs: Jobs, pool: Pool) -> None:
    query = "select count(*) from agent_events full join outbox using (stream, version) where schema is not null"
    async with transaction(pool, EVERY_AGENT) as connection:
        row = await (await connection.execute(query)).fetchone()
        told = await (await connection.execute("select count(*) from outbox")).fetchone()
    assert row == told == (10,)


async def test_a_suspended_transaction_holds_no_row_for_long(pool: Pool) -> None:
    """A worker that is suspended inside a transaction is thrown out by Postgres, and its retry gets the row."""
    async with transaction(pool, EVERY_AGENT) as connection:
        for name in ("lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout"):
            row = await (await connection.execute(f"show {name}".encode())).fetchone()
            assert row is not None
            assert row[0] not in ("0", ""), name
