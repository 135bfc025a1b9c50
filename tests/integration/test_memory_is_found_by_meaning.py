"""With an embedder, a search finds what means the same; when the embedder fails, it goes by words and says so."""

import time
from collections.abc import Iterator, Sequence

import pytest
from redis.asyncio import Redis

from agents.embedding.server import EmbeddingServer
from domain.errors import ModelUnavailable, Refused
from domain.memory import Author, Remembered
from domain.sections import Section
from domain.sharing import Access, AccessGranted
from settings import Settings
from stores import erase, rebuild
from stores.filling import Filling
from stores.lease import Leases
from stores.memory import Judge, Memories
from stores.postgres import EVERY_AGENT, Pool, transaction
from stores.search import Search, Searched
from stores.vectors import BATCH, QUESTION_SECONDS, Vectors
from tests.conftest import until
from tests.integration.test_the_command_line import Terminal
from tests.support import embedding_server as served
from tests.support.embedding_server import KEY, Reply, embedding_server
from worker import running

HOUR = 3600.0
CAR, DOCTOR, PAY = "Her automobile was sold", "The physician was kind", "The salary came late"


@pytest.fixture
def server() -> Iterator[served.EmbeddingServer]:
    with embedding_server() as started:
        yield started


@pytest.fixture
def vectors(pool: Pool, server: served.EmbeddingServer) -> Vectors:
    return Vectors(pool, EmbeddingServer(server.url, "tiny", KEY))


@pytest.fixture
def memories(pool: Pool, vectors: Vectors) -> Memories:
    return Memories(pool, vectors=vectors)


def remembering(text: str, number: int = 0) -> Judge:
    said = Remembered(section=Section.LEARNINGS, text=text, happened_at=number * 2 * HOUR)
    return lambda memory: memory.remember([said], Author("ann", 0.0))


async def remember(memories: Memories, agent: str, *texts: str) -> None:
    """Each is an occasion of its own."""
    for number, text in enumerate(texts):
        await memories.append(agent, remembering(text, number))


async def asked(memories: Memories, agent: str, question: str, **more: object) -> Searched:
    wanted = Search.model_validate({"agent": agent, "question": question, "now": 0.0, **more})
    return await memories.search(wanted)


async def found(memories: Memories, agent: str, question: str, **more: object) -> list[str]:
    searched = await asked(memories, agent, question, **more)
    assert not searched.fault
    return [each.entry.text for each in searched.found]


async def test_what_means_the_same_is_found_without_a_word_in_common(
    memories: Memories, vectors: Vectors, unique: str
) -> None:
    await remember(memories, unique, CAR, DOCTOR, PAY)
    assert await found(memories, unique, "any vehicle?") == [], "nothing has a vector yet, and no word is there"
    assert await vectors.missing(unique) == 3
    assert await vectors.fill(unique) == 3
    assert (await found(memories, unique, "any vehicle?"))[0] == CAR
    assert (await found(memories, unique, "which clinic?"))[0] == DOCTOR
    assert await found(memories, unique, "which wage?", limit=1) == [PAY]


async def test_words_and_meaning_are_added_up(memories: Memories, vectors: Vectors, unique: str) -> None:
    await remember(memories, unique, CAR, "A vehicle is a thing", "The thing is blue", PAY)
    await vectors.fill(unique)
    assert (await found(memories, unique, "which blue car was sold?"))[0] == CAR
    assert (await found(memories, unique, "the blue thing"))[0] == "The thing is blue"


async def test_what_stands_beside_what_means_it_comes_before_what_does_not(
    memories: Memories, vectors: Vectors, unique: str
) -> None:
    await memories.append(unique, remembering(PAY, 7))
    for text in (CAR, "He smiled", "They left"):
        await memories.append(unique, remembering(text))
    await memories.append(unique, remembering("It rained", 9))
    await vectors.fill(unique)
    assert await found(memories, unique, "vehicle", limit=3) == [CAR, "He smiled", "They left"]


async def test_an_entry_is_embedded_once_behind_the_one_before_it(
    memories: Memories, vectors: Vectors, server: served.EmbeddingServer, unique: str
) -> None:
    await memories.append(unique, remembering(CAR))
    await memories.append(unique, remembering(DOCTOR))
    assert [await vectors.fill(unique), await vectors.fill(unique)] == [2, 0]
    assert server.texts == [f"ann: {CAR}", f"ann: {CAR}\nann: {DOCTOR}"]


async def test_the_vector_of_what_was_taken_back_finds_nothing(
    memories: Memories, vectors: Vectors, unique: str
) -> None:
    await remember(memories, unique, CAR, DOCTOR)
    await vectors.fill(unique)
    await memories.append(unique, lambda memory: memory.forget(["m1"], "ann"), ["m1"])
    assert await found(memories, unique, "vehicle") == [DOCTOR]
    assert (await found(memories, unique, "vehicle", version=2))[0] == CAR, "earlier versions keep it"
    before = await memories.at(unique, 1)
    await memories.append(unique, lambda memory: memory.roll_back(before, "ann", "to see"))
    assert await found(memories, unique, "physician") == []
    await vectors.fill(unique)
    assert await found(memories, unique, "vehicle") == [CAR]


async def test_what_is_erased_leaves_no_vector_of_it_and_none_of_what_stood_behind_it(
    memories: Memories, vectors: Vectors, server: served.EmbeddingServer, owners_pool: Pool, unique: str
) -> None:
    for text in (CAR, DOCTOR, PAY):
        await memories.append(unique, remembering(text))
    await vectors.fill(unique)
    await erase.erase(owners_pool, unique, CAR, "ann", "asked for")
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        left = await (await connection.execute("select place from memory_vectors")).fetchall()
    assert left == [(2,)]
    server.asked.clear()
    await vectors.fill(unique)
    assert not any(CAR in text for text in server.texts)


async def test_what_is_erased_while_it_is_embedded_is_not_kept(
    memories: Memories, vectors: Vectors, owners_pool: Pool, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await remember(memories, unique, CAR)
    embed = vectors.embedder.embed

    async def meanwhile(texts: Sequence[str]) -> list[list[float]]:
        made = await embed(texts)
        await erase.erase(owners_pool, unique, CAR, "ann", "asked for")
        return made

    monkeypatch.setattr(vectors.embedder, "embed", meanwhile)
    await vectors.fill(unique)
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        assert await (await connection.execute("select place from memory_vectors")).fetchall() == []


async def test_another_agent_searches_by_words_alone_and_nobody_sees_foreign_vectors(
    memories: Memories, vectors: Vectors, pool: Pool, server: served.EmbeddingServer, unique: str
) -> None:
    await remember(memories, unique, CAR)
    await vectors.fill(unique)
    given = AccessGranted(reader="bob", sections=(Section.LEARNINGS,), access=Access.READ, by="ann")
    await memories.append(unique, lambda memory: [given])
    server.asked.clear()
    assert await found(memories, unique, "vehicle", reader="bob") == []
    assert await found(memories, unique, "automobile", reader="bob") == [CAR]
    assert server.asked == []
    for agent, rows in ((unique, 1), ("bob", 0), ("", 0)):
        async with transaction(pool, agent) as connection:
            assert len(await (await connection.execute("select from memory_vectors")).fetchall()) == rows


async def test_neither_another_agents_vectors_nor_another_embedders_are_used(
    memories: Memories, vectors: Vectors, pool: Pool, server: served.EmbeddingServer, unique: str
) -> None:
    await remember(memories, f"{unique}-b", PAY, DOCTOR)
    await vectors.fill(f"{unique}-b")
    await remember(memories, unique, DOCTOR, PAY)
    await vectors.fill(unique)
    assert await found(memories, unique, "clinic") == [DOCTOR, PAY], "at the same places the other has the others"
    other = Vectors(pool, EmbeddingServer(server.url, "large", KEY))
    assert await found(Memories(pool, vectors=other), unique, "clinic") == []
    assert await other.missing(unique) == 2


async def test_a_failing_embedder_leaves_the_words_and_its_reason(
    memories: Memories, vectors: Vectors, server: served.EmbeddingServer, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await remember(memories, unique, CAR, DOCTOR)
    await vectors.fill(unique)
    server.replies = [Reply(503, body="busy")]
    searched = await asked(memories, unique, "physician")
    assert [each.entry.text for each in searched.found] == [DOCTOR]
    assert "503 busy" in searched.fault
    seen = len(server.asked)
    assert (await asked(memories, unique, "physician")).fault == searched.fault
    assert len(server.asked) == seen, "it is left alone for some seconds"
    monkeypatch.setattr("stores.vectors.QUIET_SECONDS", 0.0)
    memories.vectors = Vectors(memories.pool, vectors.embedder)
    server.replies = [Reply(200, body='{"data": [{"index": 0, "embedding": [0, 0, 0, 0, 0]}]}')]
    assert "a vector of length 0" in (await asked(memories, unique, "physician")).fault
    assert (await found(memories, unique, "clinic"))[0] == DOCTOR, "then it is asked again"


async def test_an_embedder_that_says_nothing_is_not_waited_for(
    memories: Memories, server: served.EmbeddingServer, unique: str
) -> None:
    await remember(memories, unique, DOCTOR)
    server.hangs = True
    began = time.monotonic()
    searched = await asked(memories, unique, "physician")
    assert time.monotonic() - began < QUESTION_SECONDS + 8
    assert [each.entry.text for each in searched.found] == [DOCTOR]
    assert searched.fault == f"tiny at {server.url} did not answer within 2 s"


async def test_a_text_that_is_not_taken_holds_up_no_other(
    memories: Memories, vectors: Vectors, server: served.EmbeddingServer, unique: str
) -> None:
    server.refuses = "poison"
    await remember(memories, unique, CAR, "The poison", *(f"Filling {number}" for number in range(BATCH)), DOCTOR)
    assert await vectors.fill(unique) == BATCH + 2
    assert await vectors.missing(unique) == 1
    assert (await found(memories, unique, "clinic", limit=1)) == [DOCTOR]


async def test_a_database_without_the_table_is_searched_by_words_and_says_what_to_do(
    memories: Memories, vectors: Vectors, owners_pool: Pool, unique: str
) -> None:
    await remember(memories, unique, DOCTOR)
    async with owners_pool.connection() as owner:
        await owner.execute("drop table memory_vectors")
    searched = await asked(memories, unique, "physician")
    assert [each.entry.text for each in searched.found] == [DOCTOR]
    assert "create extension vector" in searched.fault
    with pytest.raises(Refused, match="create extension vector"):
        await vectors.fill(unique)


async def test_rebuilding_the_tables_keeps_the_vectors(
    memories: Memories, vectors: Vectors, pool: Pool, unique: str
) -> None:
    await remember(memories, unique, CAR, DOCTOR)
    await vectors.fill(unique)
    assert not any((await rebuild.rebuild(pool)).values())
    assert await vectors.missing(unique) == 0
    assert (await found(memories, unique, "vehicle"))[0] == CAR


async def test_the_loop_fills_in_what_is_new_and_asks_for_nothing_twice(
    memories: Memories, vectors: Vectors, pool: Pool, redis: Redis, server: served.EmbeddingServer, unique: str
) -> None:
    leases = Leases(redis, prefix=f"longhaul:lease:{unique}:")
    filling = Filling(pool, vectors, leases)
    assert await filling.once() == 0
    await remember(memories, f"{unique}-a", CAR)
    await remember(memories, f"{unique}-b", DOCTOR, PAY)
    async with leases.hold(f"vectors:{unique}-b", 30):
        assert await filling.once() == 1, "another worker is at the other agent"
    assert await filling.once() == 2
    assert await filling.once() == 0
    assert len(server.asked) == 2
    await remember(memories, f"{unique}-a", PAY)
    server.replies = [Reply(500)]
    with pytest.raises(ModelUnavailable):
        await filling.once()
    assert await filling.once() == 1, "what failed is tried again"
    await redis.aclose()


async def test_a_worker_fills_in_vectors(
    memories: Memories, settings: Settings, server: served.EmbeddingServer, vectors: Vectors, unique: str
) -> None:
    await remember(memories, unique, CAR)
    chosen = settings.model_copy(update={"embedder": server.url, "embedder_model": "tiny"})
    async with running(chosen):

        async def filled() -> bool:
            return await vectors.missing(unique) == 0

        await until(filled)
    assert (await found(memories, unique, "vehicle")) == [CAR]


async def test_a_command_embeds_what_no_worker_has_and_says_when_it_cannot(
    memories: Memories, settings: Settings, server: served.EmbeddingServer, unique: str
) -> None:
    await remember(memories, unique, CAR, DOCTOR)
    terminal = Terminal(settings, (("LONGHAUL_EMBEDDER", server.url), ("LONGHAUL_EMBEDDER_MODEL", "tiny")))
    rows = (await terminal("memory", "search", unique, "any vehicle?", "-o", "json")).json()
    assert [(row["text"], row["fault"]) for row in rows] == [(CAR, None), (DOCTOR, None)]
    server.replies = [Reply(503, body="busy \x1b[31m")] * 2
    said = await terminal("memory", "search", unique, "physician", "-o", "json")
    assert said.code == 0
    assert said.err.startswith("searched by words alone: The model gave no answer: tiny at http")
    assert "\x1b[31m" not in said.err
    [row] = said.json()
    assert row["text"] == DOCTOR
    assert "503 busy" in row["fault"]
