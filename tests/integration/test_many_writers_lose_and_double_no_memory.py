"""The agent's stream has many writers: appends re-base, none is lost, none is doubled."""

import asyncio

import pytest

from domain.budget import size
from domain.memory import AgentState, Author, Remembered
from domain.sections import Section
from stores import journal, rebuild
from stores.memory import TOKENS, Judge, Memories
from stores.postgres import EVERY_AGENT, Pool, transaction

WRITERS, EACH = 8, 20


def _adding(fact: Remembered, author: str) -> Judge:
    return lambda memory: memory.remember([fact], Author(author, 1.0))


async def test_many_writers(pool: Pool, unique: str) -> None:
    async def write(writer: int) -> None:
        memories = Memories(pool, tokens=100_000)
        for number in range(EACH):
            fact = Remembered(section=Section.LEARNINGS, text=f"writer {writer} fact {number}")
            await memories.append(unique, _adding(fact, f"w{writer}"))

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    state = await Memories(pool).load(unique)
    texts = [entry.text for entry in state.entries]
    assert sorted(texts) == sorted(f"writer {w} fact {n}" for w in range(WRITERS) for n in range(EACH))
    async with transaction(pool, EVERY_AGENT) as connection:
        assert (await journal.verify(connection, f"agent/{unique}")).version == WRITERS * EACH
    assert not any((await rebuild.rebuild(pool, keep=False)).values())


@pytest.mark.timeout(300)
async def test_32_writers_stay_within_the_budget_and_lose_nothing(pool: Pool, unique: str, whole: bool) -> None:
    """200 appends each (or a quarter, unless `--whole` is asked for), of which memory.md has room for a few.

    8 writers are a process.
    """
    processes, each = [Memories(pool) for _ in range(4)], 200 if whole else 50

    async def write(writer: int) -> None:
        for number in range(each):
            fact = Remembered(section=Section.LEARNINGS, text=f"writer {writer} fact {number}")
            await processes[writer % 4].append(unique, _adding(fact, f"w{writer}"))

    await asyncio.gather(*(write(writer) for writer in range(32)))
    state = AgentState(agent=unique)
    for change in await Memories(pool).history(unique):
        state = state.apply(change.event)
        assert size(state) <= TOKENS
    async with transaction(pool, EVERY_AGENT) as connection:
        query = "select text from memory_entries where agent_id = %s and (removed_in is null or archived)"
        rows = await (await connection.execute(query, (unique,))).fetchall()
    assert sorted(row[0] for row in rows) == sorted(f"writer {w} fact {n}" for w in range(32) for n in range(each))
    assert not any((await rebuild.rebuild(pool, keep=False)).values())


async def test_what_the_archive_holds_is_not_remembered_again_but_can_be_forgotten(pool: Pool, unique: str) -> None:
    memories = Memories(pool, tokens=200)

    def remember(text: str, topic: str = "") -> Judge:
        return _adding(Remembered(section=Section.LEARNINGS, text=text, topic=topic), "ann")

    await memories.append(unique, remember("First  thing", "first"))
    for number in range(30):
        await memories.append(unique, remember(f"filling number {number}"))
    assert await _archived(pool, unique, "m1")
    before = (await memories.load(unique)).version
    assert (await memories.append(unique, remember("first THING"))).version == before
    state = await memories.append(unique, lambda memory: memory.forget(["m1"], "ann"), ["m1"])
    assert state.version == before + 1
    assert not await _archived(pool, unique, "m1")
    assert not any((await rebuild.rebuild(pool, keep=False)).values())


async def test_a_newer_entry_of_its_topic_overtakes_one_in_the_archive(pool: Pool, unique: str) -> None:
    memories = Memories(pool, tokens=200)
    filling = [(f"filling number {number}", "") for number in range(30)]
    for text, topic in [("it rains", "weather"), *filling, ("it snows", "weather")]:
        fact = Remembered(section=Section.LEARNINGS, text=text, topic=topic)
        await memories.append(unique, _adding(fact, "ann"))
    assert not await _archived(pool, unique, "m1")
    assert await _archived(pool, unique, "m2")
    assert not any((await rebuild.rebuild(pool, keep=False)).values())


async def _archived(pool: Pool, agent: str, entry: str) -> bool:
    query = "select from memory_entries where agent_id = %s and entry_id = %s and archived"
    async with transaction(pool, EVERY_AGENT) as connection:
        return await (await connection.execute(query, (agent, entry))).fetchone() is not None


async def test_the_same_fact_is_remembered_once_and_an_older_one_of_its_topic_leaves(pool: Pool, unique: str) -> None:
    memories = Memories(pool)
    for text in ("it rains", "it rains", "the sun shines"):
        fact = Remembered(section=Section.FOCUS, text=text, topic="weather")
        state = await memories.append(unique, _adding(fact, "ann"))
    assert [entry.text for entry in state.entries] == ["the sun shines"]
    assert state.version == 3
    assert [entry.text for entry in (await memories.at(unique, 1)).entries] == ["it rains"]
