"""Rule 12: a job's stream has one writer at a time, an agent's has many: none of what they write is lost or doubled."""

import asyncio

from domain.head import Head
from domain.memory import AGENT_EVENT, AgentEvent, AgentState, Author, MemoryAdded, MemoryRemoved, Remembered
from domain.sections import Section
from stores import journal, rebuild
from stores.memory import LOCK, Memories
from stores.postgres import EVERY_AGENT, Pool, transaction
from tests.conftest import until
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import Life, Script, types, use

WRITERS, EACH = 8, 25


class Judging:
    """What a writer wants to remember, judged on what is remembered already."""

    def __init__(self, fact: Remembered) -> None:
        self.fact = fact

    def __call__(self, memory: AgentState) -> tuple[AgentEvent, ...]:
        return memory.remember([self.fact], Author("ann", 1.0))


def _remembering(text: str, topic: str = "") -> Judging:
    return Judging(Remembered(section=Section.LEARNINGS, text=text, topic=topic))


async def test_many_writers_lose_nothing_and_double_nothing(pool: Pool, unique: str) -> None:
    """Each writer is a process of its own: nothing is shared but Postgres. Half of what they write is the same."""

    async def write(writer: int) -> None:
        memories = Memories(pool, tokens=100_000)
        for number in range(EACH):
            await memories.append(unique, _remembering(f"fact {number} of writer {writer}"))
            await memories.append(unique, _remembering(f"fact {number} of all"))

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    wanted = {f"fact {n} of {who}" for n in range(EACH) for who in ("all", *(f"writer {w}" for w in range(WRITERS)))}
    texts = [entry.text for entry in (await Memories(pool).load(unique)).entries]
    assert set(texts) == wanted
    assert len(texts) == len(wanted) == (WRITERS + 1) * EACH
    async with transaction(pool, EVERY_AGENT) as connection:
        assert (await journal.verify(connection, f"agent/{unique}")).version == len(wanted)
        row = await (await connection.execute("select count(*) from memory_entries")).fetchone()
    assert row == (len(wanted),)
    assert not any((await rebuild.rebuild(pool, keep=False)).values())


async def test_many_writers_of_one_topic_leave_one_entry(pool: Pool, unique: str) -> None:
    async def write(writer: int) -> None:
        memories = Memories(pool, tokens=100_000)
        for number in range(5):
            await memories.append(unique, _remembering(f"{writer}.{number}", topic="weather"))

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    memories = Memories(pool)
    assert len((await memories.load(unique)).entries) == 1
    events = await _events(pool, unique)
    assert sum(isinstance(event, MemoryAdded) for event in events) == WRITERS * 5
    assert sum(isinstance(event, MemoryRemoved) for event in events) == WRITERS * 5 - 1


async def test_jobs_and_people_write_at_the_same_time(pool: Pool, new_hands: NewHands, unique: str) -> None:
    """A tool's entry stands in one commit with its outcome, whoever else writes there at that moment."""
    lives = [
        await Life(new_hands(script=Script(use("remember", f"job {n}"))), f"{unique}-{n}", agent=f"{unique}-{n}").open()
        for n in range(4)
    ]
    for life in lives:
        await life.decide()

    async def write(person: int) -> None:
        for number in range(10):
            for life in lives:
                await Memories(pool).append(life.agent, _remembering(f"person {person} fact {number}"))

    acted = asyncio.gather(*(life.act() for life in lives))
    await asyncio.gather(acted, *(write(person) for person in range(3)))
    for n, life in enumerate(lives):
        texts = [entry.text for entry in (await Memories(pool).load(life.agent)).entries]
        assert len(texts) == len(set(texts)) == 31
        assert f"job {n}" in texts
        assert (await life.types())[-1] == "ToolReturned"


async def test_the_agents_lock_comes_before_the_rows_of_a_job(deciding: Deciding, pool: Pool) -> None:
    """While a tool waits for the agent's lock, it holds nothing that a message to the job must have."""
    life = await deciding("remember")
    other = life.twin()
    async with transaction(pool) as holder:
        await holder.execute(LOCK, (f"agent/{life.agent}", life.agent))
        acting = asyncio.create_task(life.act())
        await until(lambda: waits_for_a_lock(pool))
        await asyncio.wait_for(other.say("pause", why="a break"), 2)
    tail = await acting
    assert types(tail)[-1] == "ToolReturned"
    assert "JobPaused" in types(tail)
    assert [entry.text for entry in (await Memories(pool).load(life.agent)).entries] == ["x"]


async def waits_for_a_lock(pool: Pool) -> bool:
    query = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    async with transaction(pool, EVERY_AGENT) as connection:
        row = await (await connection.execute(query)).fetchone()
    return bool(row and row[0])


async def _events(pool: Pool, agent: str) -> list[AgentEvent]:
    async with transaction(pool, EVERY_AGENT) as connection:
        rows = await journal.read(connection, f"agent/{agent}", Head())
    return [AGENT_EVENT.validate_python(row.data) for row in rows]
