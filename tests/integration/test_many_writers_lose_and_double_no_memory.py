"""The agent's stream has many writers: appends re-base, none is lost, none is doubled."""

import asyncio

from domain.memory import Author, Remembered, Section
from stores import journal, rebuild
from stores.memory import Judge, Memories
from stores.postgres import Pool, reading

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
    async with reading(pool) as connection:
        assert (await journal.verify(connection, f"agent/{unique}")).version == WRITERS * EACH
    assert not any((await rebuild.rebuild(pool, keep=False)).values())


async def test_the_same_fact_is_remembered_once_and_an_older_one_of_its_topic_leaves(pool: Pool, unique: str) -> None:
    memories = Memories(pool)
    for text in ("it rains", "it rains", "the sun shines"):
        fact = Remembered(section=Section.FOCUS, text=text, topic="weather")
        state = await memories.append(unique, _adding(fact, "ann"))
    assert [entry.text for entry in state.entries] == ["the sun shines"]
    assert state.version == 3
    assert [entry.text for entry in (await memories.at(unique, 1)).entries] == ["it rains"]
