"""While a tool runs, the decision after it is prepared; whatever becomes of that, a call is as it was, and no word of
it is taken from Redis.
"""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from domain.events import ModelAnswered, Preload, ToolReturned
from domain.job import JobState
from domain.memory import Author, Remembered
from domain.recall import question
from domain.sections import Section
from stores.memory import Memories
from stores.postgres import Pool
from stores.preloads import BYTES, Preloaded, Preloads, digest
from stores.redis import client
from stores.search import Search, Searched
from tests.conftest import until
from tests.integration.conftest import NewHands
from tests.integration.lives import PREFIX, Life, Script, use

PLAN = [{"item": "one", "text": "count boilers"}, {"item": "two", "text": "count ships"}]
SHIPS = "Ships leave on Mondays"
APART = itertools.count(10_000.0, 10_000.0)
"""When what is remembered happened: not at one occasion, so that one entry is not found for another's words."""
NewLife = Callable[..., Any]


@pytest.fixture
def new_life(new_hands: NewHands, redis: Redis, pool: Pool, unique: str) -> NewLife:
    """Makes a job of a slow model that has decided on a call, and whose agent has something in its archive."""

    async def make(**more: Any) -> Life:
        script = Script({**use("keyed"), "plan": PLAN}, {**use("keyed", item="two"), "plan": PLAN[1:]})
        hands = new_hands(**{"script": script, "redis": redis, "slow": ("toy",), **more})
        life = await Life(hands, unique).open()
        await archived(pool, life.agent, "Boilers are repaired by Eve", SHIPS)
        await life.decide()
        return life

    return make


async def archived(pool: Pool, agent: str, *texts: str) -> tuple[str, ...]:
    """Puts texts into an agent's archive; returns the ids of all that it has."""
    said = [Remembered(section=Section.LEARNINGS, text=text, happened_at=next(APART)) for text in texts]
    memories = Memories(pool, tokens=1)
    state = await memories.append(agent, lambda memory: memory.remember(said, Author("ann", 1.0)))
    assert state.entries == (), "they are not in memory.md"
    return tuple(f"m{version}" for version in range(1, state.version + 1))


def preloads(redis: Redis) -> Preloads:
    return Preloads(redis, PREFIX)


async def acted(life: Life, redis: Redis) -> None:
    """Makes the call; its tool ends when the next decision's search is kept."""
    target = life.hands.target

    async def kept() -> None:
        await until(lambda: preloads(redis).find(life.job))

    target.during = kept
    assert isinstance((await life.act()).events[-1], ToolReturned)
    target.during = None


async def decided(life: Life) -> tuple[Preload, list[str]]:
    """What looking ahead was worth to the decision, and what of the archive its model was told."""
    answered = next(event for event in (await life.decide()).events if isinstance(event, ModelAnswered))
    assert answered.knew is not None
    assert answered.knew.preload is not None
    return answered.knew.preload, [entry.text for entry in life.hands.script.told[-1].recalled]


async def test_what_was_found_ahead_is_taken(new_life: NewLife, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    life = await new_life()
    await acted(life, redis)
    monkeypatch.setattr(life.hands.memories, "search", _not_again)
    preload, told = await decided(life)
    assert (preload.outcome, preload.changed, told) == ("hit", None, [SHIPS])
    held = await preloads(redis).find(life.job)
    assert held is not None
    assert preload.searched_ms == held.searched_ms > 0
    assert preload.looked_ms > 0


async def _not_again(_: object) -> None:
    raise AssertionError("it was searched again")


async def test_a_search_goes_on_for_a_while_after_a_quick_call(
    new_life: NewLife, redis: Redis, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call ends when the search has only begun; the decision comes a way through Temporal later."""
    monkeypatch.setattr("activities.recall.LINGERS", 60.0)
    life, ended = await new_life(), asyncio.Event()
    begun, memories = asyncio.Event(), Memories(pool)

    async def later(wanted: Search) -> Searched:
        begun.set()
        await ended.wait()
        return await memories.search(wanted)

    monkeypatch.setattr(life.hands.memories, "search", later)
    life.hands.target.during = begun.wait
    assert isinstance((await life.act()).events[-1], ToolReturned)
    ended.set()
    await until(lambda: preloads(redis).find(life.job))
    assert (await decided(life))[0].outcome == "hit"


async def test_the_first_decision_has_nothing_to_take(new_life: NewLife) -> None:
    life = await new_life()
    [first] = [event for event in await life.journal() if isinstance(event, ModelAnswered)]
    assert first.knew is not None
    assert first.knew.preload is not None
    assert (first.knew.preload.outcome, first.knew.recalled) == ("none", ())


async def test_a_memory_that_changed_meanwhile_is_searched_anew(new_life: NewLife, redis: Redis, pool: Pool) -> None:
    life = await new_life()
    await acted(life, redis)
    await archived(pool, life.agent, "Ships sink on Tuesdays")
    preload, told = await decided(life)
    assert (preload.outcome, preload.changed) == ("miss", "memory")
    assert sorted(told) == [SHIPS, "Ships sink on Tuesdays"]


async def test_a_requirement_that_changed_meanwhile_asks_anew(new_life: NewLife, redis: Redis) -> None:
    life = await new_life()
    await acted(life, redis)
    await life.say("tell", text="the boilers after all")
    preload, told = await decided(life)
    assert (preload.outcome, preload.changed) == ("miss", "question")
    assert "Boilers are repaired by Eve" in told


async def test_without_redis_it_is_searched_as_ever(new_life: NewLife) -> None:
    life = await new_life(redis=None)
    assert isinstance((await life.act()).events[-1], ToolReturned)
    preload, told = await decided(life)
    assert (preload.outcome, told) == ("none", [SHIPS])


async def test_a_silent_redis_holds_no_decision_up() -> None:
    """It takes the connection and never answers."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, client(f"redis://127.0.0.1:{port}/0") as there, asyncio.timeout(2):
        assert await preloads(there).find("a-job") is None


async def test_a_call_that_ends_first_does_not_wait_and_none_fails_for_it(
    new_life: NewLife, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = await new_life()
    begun = asyncio.Event()

    async def endless(_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(life.hands.memories, "search", endless)
    life.hands.target.during = begun.wait
    async with asyncio.timeout(20):
        assert isinstance((await life.act()).events[-1], ToolReturned)
    await until(lambda: not life.hands.recall._running)
    monkeypatch.undo()
    assert (await decided(life))[0].outcome == "none"


async def test_what_fails_ahead_fails_no_call(new_life: NewLife, monkeypatch: pytest.MonkeyPatch) -> None:
    life = await new_life()
    monkeypatch.setattr(life.hands.memories, "search", _not_again)
    life.hands.target.during = lambda: until(lambda: not life.hands.recall._running)
    assert isinstance((await life.act()).events[-1], ToolReturned)


async def test_a_quick_model_needs_nothing_ahead(new_life: NewLife, redis: Redis) -> None:
    life = await new_life(slow=())
    await life.act()
    assert await preloads(redis).find(life.job) is None


def of(state: JobState, version: int, **more: Any) -> bytes:
    """A forged value that fits the question and the memory."""
    fields = {"memory": version, "question": digest(question(state)), "entries": ["m1"], "searched_ms": 1.0, **more}
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    "poison",
    [
        b"\xff\xfe",
        b"[" * 9000,
        b'{"memory": 2}',
        b"x" * (2 * BYTES),
    ],
)
async def test_a_value_that_is_not_ours_costs_a_search(poison: bytes, new_life: NewLife, redis: Redis) -> None:
    life = await new_life()
    await acted(life, redis)
    await redis.set(PREFIX + life.job, poison)
    preload, told = await decided(life)
    assert (preload.outcome, told) == ("none", [SHIPS])


@pytest.mark.parametrize(
    "more", [{"text": "obey"}, {"entries": ["m1'; drop"]}, {"searched_ms": 1e12}, {"searched_ms": -1}, {"memory": "x"}]
)
async def test_a_forged_value_says_nothing_of_its_own(
    more: dict[str, Any], new_life: NewLife, redis: Redis, pool: Pool
) -> None:
    life = await new_life()
    await acted(life, redis)
    version = (await Memories(pool).load(life.agent)).version
    await redis.set(PREFIX + life.job, of(life.state, version, **more))
    preload, told = await decided(life)
    assert (preload.outcome, told) == ("none", [SHIPS])


@pytest.mark.parametrize("forged", ["of another", "forgotten"])
async def test_entries_of_another_agent_and_forgotten_ones_are_not_shown(
    forged: str, new_life: NewLife, redis: Redis, pool: Pool
) -> None:
    """The ids are there and findable for their owner; what was forgotten is there, but no longer findable."""
    life = await new_life()
    await acted(life, redis)
    theirs = await archived(pool, f"other-{life.job}", *(f"A secret, number {number}" for number in range(9)))
    mine = Memories(pool)
    memory = await mine.append(life.agent, lambda memory: memory.forget(["m1"], "ann"), ["m1"])
    ids = {"of another": theirs[-1], "forgotten": "m1"}
    await redis.set(PREFIX + life.job, of(life.state, memory.version, entries=["m2", ids[forged]]))
    preload, told = await decided(life)
    assert (preload.outcome, preload.changed, told) == ("miss", "entries", [SHIPS])


async def test_what_is_kept_holds_no_word(new_life: NewLife, redis: Redis, redis_admin: Redis) -> None:
    life = await new_life()
    await acted(life, redis)
    value = await redis_admin.get(PREFIX + life.job)
    assert isinstance(value, bytes)
    assert 0 < await redis_admin.ttl(PREFIX + life.job) <= 3600
    assert Preloaded.model_validate_json(value).entries == ("m2",)
    assert b"hips" not in value
