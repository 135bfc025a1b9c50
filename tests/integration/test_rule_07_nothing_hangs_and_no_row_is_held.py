"""Rule 7: what is given up becomes an event; every activity beats; a suspended worker holds no row for long."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.inputs import NextJob, OpenJob, ReadOn, Record
from activities.queue import QueueActivities
from domain.errors import Disconnected, Raced
from domain.events import StepFailed
from domain.facts import MAX_FAILURES
from domain.head import Head
from domain.moves import Close
from domain.spoken import InformationGiven
from settings import Settings
from stores import postgres
from stores.jobs import Jobs
from stores.postgres import Connection, Pool, reading, transaction
from stores.tasks import Tasks
from tests.conftest import until
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import HeldJobs, Life, Script, finish, types

SHORT = 5_000
SHOW = "select setting::int from pg_settings where name = %s"


@pytest.mark.parametrize("setting", ["lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout"])
async def test_every_connection_of_the_pool_has_its_limits(setting: str, settings: Settings) -> None:
    async with postgres.pool(settings.needed("postgres_dsn"), size=3) as pool:
        connections = [await pool.getconn() for _ in range(3)]
        for connection in connections:
            row = await (await connection.execute(SHOW, (setting,))).fetchone()
            assert row is not None
            assert 0 < row[0] <= (60_000 if setting == "statement_timeout" else SHORT)
            await pool.putconn(connection)


async def test_a_worker_suspended_inside_a_transaction_loses_its_rows_to_the_next(
    deciding: Deciding, pool: Pool
) -> None:
    life = await deciding("keyed")
    suspended = asyncio.create_task(_stand_still(pool, life.job))
    await until(lambda: _locked(pool, life.job))
    began = time.monotonic()
    await until(lambda: _heard(life, "tell"), 15)
    assert time.monotonic() - began > 1, "the row was held"
    suspended.cancel()
    await asyncio.gather(suspended, return_exceptions=True)
    assert (await life.types())[-1] == "RequirementChanged"


async def _heard(life: Life, kind: str) -> bool:
    """One attempt, as Temporal would make another."""
    try:
        await life.say(kind, text="in blue")
    except ApplicationError as error:
        assert error.type == "Disconnected", error
        return False
    return True


async def _stand_still(pool: Pool, job: str) -> None:
    async with transaction(pool) as connection:
        await connection.execute("select from agent_tasks where job_id = %s for update", (job,))
        await asyncio.sleep(60)


async def _locked(pool: Pool, job: str) -> bool:
    query = "select job_id from agent_tasks where job_id = %s for update skip locked"
    async with pool.connection() as connection:
        return await (await connection.execute(query, (job,))).fetchone() is None


@pytest.mark.parametrize("tool", ["keyed", "lookup", "once", "pure"])
async def test_no_transaction_spans_a_slow_effect(tool: str, deciding: Deciding, pool: Pool) -> None:
    life = await deciding(tool)
    seen: list[int] = []

    async def look() -> None:
        query = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in %'"
        async with pool.connection() as connection:
            row = await (await connection.execute(query)).fetchone()
        seen.append(row[0] if row else -1)

    life.hands.target.during = look
    await life.act()
    assert seen == [0]


async def test_no_transaction_spans_a_slow_model(new_hands: NewHands, pool: Pool, unique: str) -> None:
    life = await Life(new_hands(), unique).open()
    other = life.twin()

    async def meanwhile() -> None:
        await asyncio.wait_for(other.say("inform", text="a write goes through"), 2)

    life.hands.script.during = meanwhile
    assert types(await life.decide()) == ["InformationGiven"]


async def _open(life: Life, inside: Any) -> object:
    return await life.hands.do(life.hands.job.open_job, OpenJob(job=life.job, request=life.request(), now=1.0), inside)


async def _queue(life: Life, inside: Any) -> object:
    queue = QueueActivities(life.hands.jobs, Tasks(life.hands.pool))
    return await life.hands.do(queue.enqueue, life.request(job=f"{life.job}-2"), inside)


async def _next(life: Life, inside: Any) -> object:
    queue = QueueActivities(life.hands.jobs, Tasks(life.hands.pool))
    return await life.hands.do(queue.next_job, NextJob(agent=life.agent), inside)


async def _record(life: Life, inside: Any) -> object:
    given = Record(job=life.job, seen=life.seen, now=1.0, messages=(life.message("inform", text="x"),))
    return await life.hands.do(life.hands.job.record, given, inside)


async def _read_on(life: Life, inside: Any) -> object:
    given = ReadOn(job=life.job, seen=life.seen, now=1.0, kind="crashed", why="boom")
    return await life.hands.do(life.hands.job.read_on, given, inside)


ACTIVITIES: dict[str, Callable[[Life, Any], Awaitable[object]]] = {
    "open_job": _open,
    "enqueue": _queue,
    "next_job": _next,
    "record": _record,
    "read_on": _read_on,
    "take_turn": lambda life, inside: life.hands.do(life.hands.job.take_turn, life.move, inside),
    "expire": lambda life, inside: life.hands.do(life.hands.job.expire, life.move, inside),
    "close_job": lambda life, inside: life.hands.do(life.hands.job.close_job, life.move, inside),
    "decide": Life.decide,
    "act": Life.act,
}


@pytest.mark.parametrize("activity", ACTIVITIES.values(), ids=ACTIVITIES.keys())
async def test_every_activity_beats_while_it_waits(
    activity: Callable[[Life, Any], Awaitable[object]], deciding: Deciding, owners_pool: Pool
) -> None:
    """It waits here for a table that somebody locked; killed there, its worker is missed within a heartbeat."""
    life = await deciding("keyed")
    beats: list[float] = []
    inside = life.hands.environment(heartbeat=0.4)
    inside.on_heartbeat = lambda *details: beats.append(time.monotonic())
    async with owners_pool.connection() as holder, holder.transaction():
        await holder.execute("lock table agent_events, agent_tasks in access exclusive mode")
        waiting = asyncio.create_task(_settled(activity(life, inside)))
        await until(lambda: len(beats) >= 3, 3)
    await waiting


async def _settled(work: Awaitable[object]) -> object:
    return await work


@pytest.mark.parametrize("slow", ["model", "tool"])
async def test_a_slow_model_and_a_slow_tool_beat(slow: str, new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open()
    beats: list[int] = []

    async def until_beaten() -> None:
        await until(lambda: len(beats) >= 2, 5)

    inside = life.hands.environment(heartbeat=0.2)
    inside.on_heartbeat = lambda *details: beats.append(1)
    if slow == "model":
        life.hands.script.during = until_beaten
        await asyncio.wait_for(life.decide(inside), 10)
    else:
        life.hands.target.during = until_beaten
        await life.decide()
        await asyncio.wait_for(life.act(inside), 10)


@pytest.mark.parametrize("kind", ["timeout", "rate_limited", "refused", "invalid", "crashed", "cancelled"])
async def test_an_activity_that_gave_nothing_is_an_event_of_its_kind(
    kind: Any, new_hands: NewHands, unique: str
) -> None:
    life = await Life(new_hands(), unique).open()
    [failed] = (await life.read_on(kind, "why")).events
    assert isinstance(failed, StepFailed)
    assert (failed.kind, failed.why, failed.move) == (kind, "why", "Decide")
    assert life.state.failures == (0 if kind == "cancelled" else 1)


async def test_an_activity_that_had_done_its_work_has_not_failed(deciding: Deciding) -> None:
    life = await deciding("keyed")
    given_up = life.twin()
    await life.act()
    assert types(await given_up.read_on("timeout")) == ["ToolCalled", "ToolReturned"]
    assert "StepFailed" not in await life.types()
    assert given_up.state == life.state


async def test_failing_again_and_again_ends_the_job_with_the_reason(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open()
    for _ in range(MAX_FAILURES):
        await life.read_on("crashed", "no route to the model")
    move = life.state.next_move()
    assert isinstance(move, Close)
    assert "no route to the model" in move.why
    assert types(await life.close()) == ["JobFailed"]


async def test_a_call_that_cannot_be_settled_goes_to_a_person_and_not_round_and_round(
    deciding: Deciding, new_hands: NewHands
) -> None:
    life = await deciding("keyed", seconds=0.3)
    await life.called()
    for _ in range(MAX_FAILURES):
        await life.read_on("timeout")
    assert types(await life.act()) == ["OutcomeUnknown"]
    assert life.state.failures == 0


async def test_postgres_away_for_a_moment_loses_no_outcome(deciding: Deciding, pool: Pool, new_hands: NewHands) -> None:
    life = await deciding("once")
    cuts: list[object] = []

    async def cut(events: object) -> None:
        if "Tool" in repr(events) and "result" in repr(events) and not cuts:
            cuts.append(events)
            raise Disconnected("the server closed the connection")

    sender = life.twin(new_hands(jobs=HeldJobs(pool, cut)))
    assert types(await sender.act()) == ["ToolCalled", "ToolReturned"]
    assert len(cuts) == 1


async def test_no_step_fails_for_connections_that_postgres_has_ended(settings: Settings, pool: Pool) -> None:
    async with postgres.pool(settings.needed("postgres_dsn"), size=3) as worked:
        numbers = await _at_once(worked)
        async with pool.connection() as connection:
            await connection.execute("select pg_terminate_backend(pid) from unnest(%s::int[]) as pid", (numbers,))
            await until(lambda: _gone(connection, numbers))
        assert not set(await _at_once(worked)) & set(numbers)


async def _at_once(pool: Pool) -> list[int]:
    """The numbers of the processes that serve three statements at the same time."""
    meeting = asyncio.Barrier(3)

    async def one() -> int:
        async with reading(pool) as connection:
            await meeting.wait()
            row = await (await connection.execute("select pg_backend_pid()")).fetchone()
            assert row is not None
            return int(row[0])

    return await asyncio.gather(*(one() for _ in range(3)))


async def _gone(connection: Connection, numbers: list[int]) -> bool:
    found = await connection.execute("select pid from pg_stat_activity where pid = any(%s)", (numbers,))
    return await found.fetchone() is None


async def test_an_error_of_another_kind_is_not_taken_for_a_race(pool: Pool, deciding: Deciding) -> None:
    life = await deciding("keyed")
    jobs = Jobs(pool)
    found = await jobs.find(life.job, Head())
    note = InformationGiven(message_id="m", by="bob", at=1.0, text="x")

    async def within(connection: Connection) -> list[Any]:
        await connection.execute("create temporary table twice (x int unique)")
        await connection.execute("insert into twice values (1), (1)")
        return []

    with pytest.raises(Exception, match="twice_x_key") as raised:
        await jobs.commit(found, [note], within=within)
    assert not isinstance(raised.value, Raced)


async def test_a_finished_job_beats_no_more(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(script=Script(finish())), unique).open()
    tasks = len(asyncio.all_tasks())
    await life.decide()
    assert len(asyncio.all_tasks()) == tasks
