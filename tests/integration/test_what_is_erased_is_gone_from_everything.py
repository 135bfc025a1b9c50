"""After an erasure the words stand in no row of Postgres and in no notice; the chains verify, and an event says why."""

import asyncio
import subprocess

import pytest

from agents.tools.tool import ToolResult
from domain.erasure import ERASED, TextErased
from domain.errors import JournalBroken, NotFound, Refused
from domain.memory import AgentState, Author, Remembered
from domain.preference import PreferenceSet
from domain.sections import Section
from settings import Settings
from stack.postgres import postgres_package
from stores import artifacts, erase, journal, notices, rebuild, roles
from stores.artifacts import Artifacts
from stores.memory import Memories
from stores.people import People
from stores.postgres import EVERY_AGENT, Pool, transaction
from stores.redis import client
from stores.relay import Relay
from stores.search import Search
from tests.conftest import Stack, until
from tests.integration.conftest import NewHands
from tests.integration.lives import Life, Script, Target, finish, use
from tests.integration.test_rule_12_many_write_an_agents_memory import waits_for_a_lock

SECRET = "Marlowe Quenby owes the harbour 4711 guilders"
TOLD = "Ann says: marlowe  quenby OWES the harbour 4711 guilders, and more"
CANARIES = ("marlow", "quenb", "guild")
KEPT = "Ships leave on Mondays"


def fact(text: str, **more: object) -> Remembered:
    return Remembered.model_validate({"section": Section.LEARNINGS, "text": text, **more})


async def add(memories: Memories, agent: str, *facts: Remembered) -> None:
    await memories.append(agent, lambda memory: memory.remember(facts, Author("ann", 1.0)))


@pytest.fixture
async def life(new_hands: NewHands, target: Target, unique: str) -> Life:
    """A job that remembered the secret, read it from a page, and ended; another agent knows it too."""
    target.result = ToolResult(text="read", content=f"a page: {SECRET}".encode())
    life = await Life(new_hands(script=Script(use("remember", text=SECRET))), unique).open()
    await life.decide()
    await life.act()
    kept = use("remember", text=KEPT, item="three", plan=("three",))
    for answer in (use("pure", item="two", plan=None), kept, finish()):
        life.hands.script.answers = [answer]
        await life.turn()
        await life.decide()
        await life.act()
    memories = Memories(life.hands.pool)
    await add(memories, f"{life.agent}-other", fact(TOLD), fact(KEPT))
    await memories.append(life.agent, lambda memory: memory.roll_back(AgentState(agent=life.agent), "ann", "try"))
    then = await memories.at(life.agent, 1)
    await memories.append(life.agent, lambda memory: memory.roll_back(then, "ann", "back"))
    told = PreferenceSet(key="note", value=TOLD, by="ann", at=1.0)
    await People(life.hands.pool).append(life.job, lambda state: [told])
    return life


def dump(stack: Stack, settings: Settings) -> str:
    name = settings.needed("postgres_dsn").rpartition("/")[2]
    command = [str(postgres_package() / "bin" / "pg_dump"), "--inserts", stack.admin_dsn(name)]
    done = subprocess.run(command, capture_output=True, check=True)
    lines = done.stdout.decode().lower().splitlines()
    return "\n".join(each for each in lines if not each.startswith(("\\restrict", "\\unrestrict")))


async def verified(pool: Pool) -> int:
    async with transaction(pool, EVERY_AGENT) as connection:
        streams = await (await connection.execute("select distinct stream from agent_events")).fetchall()
        for (stream,) in streams:
            await journal.verify(connection, stream)
    return len(streams)


async def test_the_words_are_gone(life: Life, pool: Pool, owners_pool: Pool, stack: Stack, settings: Settings) -> None:
    await life.close()
    assert all(canary in dump(stack, settings) for canary in CANARIES)
    done = await erase.erase(owners_pool, life.agent, await erase.said(pool, life.agent, "m1"), "ann", "she asked")
    left = dump(stack, settings)
    assert [canary for canary in CANARIES if canary in left] == []
    agents = {f"agent/{life.agent}", f"agent/{life.agent}-other"}
    assert set(done.streams) == {*agents, f"job/{life.job}", f"person/{life.job}"}
    [note] = (await People(pool).load(life.job)).preferences
    assert note.value == f"Ann says: {ERASED}, and more"
    assert len(done.artifacts) == 1
    assert await verified(pool) == 4
    assert not any((await rebuild.rebuild(pool, keep=False)).values())
    assert KEPT.lower() in left


async def test_an_event_says_who_and_why_and_the_entry_is_gone(life: Life, pool: Pool, owners_pool: Pool) -> None:
    await life.close()
    await erase.erase(owners_pool, life.agent, SECRET, "ann", "she asked")
    memories = Memories(pool)
    last = (await memories.history(life.agent))[-1].event
    assert isinstance(last, TextErased)
    assert (last.entries, last.by, last.why) == (("m1",), "ann", "she asked")
    assert (await memories.load(life.agent)).entries == ()
    assert [entry.text for entry in (await memories.at(life.agent, 1)).entries] == [ERASED]
    other = (await memories.load(f"{life.agent}-other")).entries
    assert [entry.text for entry in other] == [f"Ann says: {ERASED}, and more", KEPT]
    wanted = Search(agent=life.agent, question="Marlowe Quenby guilders erased", now=2.0)
    assert (await memories.search(wanted)).found == []


async def test_a_rollback_brings_nothing_back(life: Life, pool: Pool, owners_pool: Pool) -> None:
    await life.close()
    await erase.erase(owners_pool, life.agent, SECRET, "ann", "she asked")
    memories = Memories(pool)
    then = await memories.at(life.agent, 1)
    after = await memories.append(life.agent, lambda memory: memory.roll_back(then, "ann", "as it was"))
    assert after.entries == ()


async def test_a_worker_that_had_it_in_mind_forgets_it(life: Life, pool: Pool, owners_pool: Pool) -> None:
    await life.close()
    memories, contents = Memories(pool), Artifacts(pool)
    assert [entry.text for entry in (await memories.load(life.agent)).entries] == [SECRET]
    done = await erase.erase(owners_pool, life.agent, SECRET, "ann", "she asked")
    assert (await memories.load(life.agent)).entries == ()
    with pytest.raises(NotFound):
        await contents.fetch(done.artifacts[0])


async def test_notices_lose_it_too(life: Life, pool: Pool, owners_pool: Pool, settings: Settings) -> None:
    await life.close()
    url = settings.needed("redis_url")
    redis = client(url)
    try:
        relay = Relay(pool, redis)
        while await relay.once():
            pass
        done = await erase.erase(owners_pool, life.agent, SECRET, "ann", "she asked")
        assert await notices.forget(url, life.agent, done.words) > 1
        assert await notices.forget(url, life.agent, done.words) == 0
    finally:
        await redis.aclose()


async def test_a_job_at_work_keeps_its_words(life: Life, pool: Pool, owners_pool: Pool) -> None:
    """Its workflow holds them: nothing is half erased."""
    with pytest.raises(Refused, match=f"job {life.job} still works with these words"):
        await erase.erase(owners_pool, life.agent, SECRET, "ann", "she asked")
    assert [entry.text for entry in (await Memories(pool).load(life.agent)).entries] == [SECRET]


async def test_a_look_changes_nothing(
    life: Life, pool: Pool, owners_pool: Pool, stack: Stack, settings: Settings
) -> None:
    await life.close()
    before = dump(stack, settings)
    done = await erase.erase(owners_pool, life.agent, SECRET, "ann", "she asked", keep=True)
    assert len(done.streams) == 4
    assert dump(stack, settings) == before


async def test_what_is_said_at_the_same_time_is_erased_too(pool: Pool, owners_pool: Pool, unique: str) -> None:
    memories = Memories(pool)
    await add(memories, unique, fact(SECRET))
    async with transaction(pool) as saying:
        again = [fact(f"once more: {SECRET}")]
        await memories.append_within(saying, unique, lambda memory: memory.remember(again, Author("ann", 1.0)))
        erasing = asyncio.create_task(erase.erase(owners_pool, unique, SECRET, "ann", "she asked"))
        await until(lambda: waits_for_a_lock(pool))
    done = await erasing
    assert done.streams == {f"agent/{unique}": (1, 2)}
    assert [entry.text for entry in (await memories.load(unique)).entries] == [f"once more: {ERASED}"]


async def test_the_app_cannot_erase(life: Life, pool: Pool) -> None:
    await life.close()
    with pytest.raises(roles.NotPermitted, match="LONGHAUL_POSTGRES_OWNER_DSN"):
        await erase.erase(pool, life.agent, SECRET, "eve", "to hide it")
    assert (await Memories(pool).load(life.agent)).entries


async def test_short_words_are_erased_only_where_they_are_all(pool: Pool, owners_pool: Pool, unique: str) -> None:
    memories = Memories(pool)
    await add(memories, unique, fact("blue"), fact("the blue door"))
    await add(memories, f"{unique}-other", fact("blue"))
    await erase.erase(owners_pool, unique, "blue", "ann", "she asked")
    assert [entry.text for entry in (await memories.load(unique)).entries] == ["the blue door"]
    assert [entry.text for entry in (await memories.load(f"{unique}-other")).entries] == ["blue"]


async def test_an_entry_is_erased_once_and_must_be_there(pool: Pool, owners_pool: Pool, unique: str) -> None:
    await add(Memories(pool), unique, fact(SECRET))
    with pytest.raises(NotFound, match="memory m9"):
        await erase.said(pool, unique, "m9")
    await erase.erase(owners_pool, unique, SECRET, "ann", "she asked")
    with pytest.raises(Refused, match="was erased already"):
        await erase.said(pool, unique, "m1")


async def test_a_row_that_was_emptied_without_an_event_breaks_the_chain(
    pool: Pool, owners_pool: Pool, unique: str
) -> None:
    await add(Memories(pool), unique, fact(KEPT))
    async with transaction(owners_pool, EVERY_AGENT) as connection:
        await connection.execute("update agent_events set salt = '', event_data = event_data || '{\"why\": \"lies\"}'")
    with pytest.raises(JournalBroken, match="the row was emptied"):
        await verified(pool)


async def test_what_an_artifact_held_is_told_as_gone(life: Life, pool: Pool, owners_pool: Pool) -> None:
    await life.close()
    done = await erase.erase(owners_pool, life.agent, SECRET, "ann", "she asked")
    with pytest.raises(NotFound, match=done.artifacts[0]):
        await artifacts.fetch(pool, done.artifacts[0])
