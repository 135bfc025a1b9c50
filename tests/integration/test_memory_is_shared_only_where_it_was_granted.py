"""An agent reads another's memory where a person let it, and not one row more: by no search, by no SQL of the app."""

import asyncio
import random
import time

import pytest
from psycopg.errors import InsufficientPrivilege

from domain import memory_file, sharing
from domain.errors import Refused, ToolInvalid
from domain.memory import Author, Entry, Remembered
from domain.sections import HELD_BY_PEOPLE, Section
from domain.sharing import Access, AccessGranted, AccessRevoked, MemoryRead
from stores import rebuild
from stores.memory import Memories
from stores.postgres import EVERY_AGENT, Pool, reading, transaction
from stores.search import Search
from tests.conftest import until

TABLES = ("memory_entries", "memory_postings", "memory_lexemes", "memory_grants")
SECTIONS = tuple(Section)
WRITER = Author("test", 1.0)
FACT = Remembered(section=Section.LEARNINGS, text="harbour dues are paid in advance")


def granted(reader: str, *sections: Section, access: Access = Access.READ, end: float | None = None) -> AccessGranted:
    return AccessGranted(reader=reader, sections=sections or SECTIONS, access=access, by="ann", until=end)


def revoked(reader: str, *sections: Section) -> AccessRevoked:
    return AccessRevoked(reader=reader, sections=sections or SECTIONS, by="ann", why="no longer needed")


class Sharing:
    """Agents that share with each other."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.memories = Memories(pool)

    async def remember(self, agent: str, *facts: Remembered) -> None:
        await self.memories.append(agent, lambda memory: memory.remember(facts, WRITER))

    async def grant(self, owner: str, event: AccessGranted) -> None:
        await self.memories.append(owner, lambda memory: sharing.given(memory.grants, event))

    async def revoke(self, owner: str, event: AccessRevoked) -> None:
        await self.memories.append(owner, lambda memory: sharing.taken(memory.grants, event))

    async def found(self, reader: str, owner: str, question: str = "harbour dues") -> list[Entry]:
        wanted = Search(agent=owner, reader=reader, question=question, now=2.0, job="j", step=3)
        return [found.entry for found in (await self.memories.search(wanted)).found]

    async def rows(self, agent: str, table: str, columns: str = "count(*)") -> list[tuple[object, ...]]:
        """What the app's role sees of a table when it acts for an agent."""
        async with transaction(self.pool, agent) as connection:
            return await (await connection.execute(f"select {columns} from {table}".encode())).fetchall()


@pytest.fixture
def agents(pool: Pool) -> Sharing:
    return Sharing(pool)


async def test_nobody_reads_what_was_not_granted(agents: Sharing) -> None:
    await agents.remember("ann", FACT)
    with pytest.raises(Refused, match="agent bob may not read the memory of agent ann"):
        await agents.found("bob", "ann")
    assert [entry.text for entry in await agents.found("ann", "ann")] == [FACT.text]


async def test_a_grant_opens_its_sections_and_each_reading_is_an_event(agents: Sharing) -> None:
    project = Remembered(section=Section.PROJECTS, text="the harbour is being rebuilt")
    await agents.remember("ann", FACT, project)
    await agents.grant("ann", granted("bob", Section.LEARNINGS))
    found = await agents.found("bob", "ann")
    assert [entry.text for entry in found] == [FACT.text]
    last = (await agents.memories.history("ann"))[-1].event
    assert last == MemoryRead(reader="bob", entries=(found[0].id,), job="j", step=3)
    with pytest.raises(Refused):
        await agents.found("ann", "bob")


async def test_words_that_the_reader_may_not_see_change_nothing_that_it_finds(agents: Sharing) -> None:
    await agents.remember("ann", FACT)
    await agents.grant("ann", granted("bob", Section.LEARNINGS))
    wanted = Search(agent="ann", reader="bob", question="harbour dues", now=2.0)
    before = [found.score for found in (await agents.memories.search(wanted)).found]
    await agents.remember("ann", *(Remembered(section=Section.FOCUS, text=f"harbour dues {n}") for n in range(5)))
    assert [found.score for found in (await agents.memories.search(wanted)).found] == before


async def test_a_revoked_grant_and_one_that_is_over_open_nothing(agents: Sharing) -> None:
    await agents.remember("ann", FACT)
    await agents.grant("ann", granted("bob"))
    await agents.revoke("ann", revoked("bob", *HELD_BY_PEOPLE))
    assert len(await agents.found("bob", "ann")) == 1
    await agents.revoke("ann", revoked("bob"))
    with pytest.raises(Refused):
        await agents.found("bob", "ann")
    await agents.grant("ann", granted("bob", end=time.time() + 0.5))

    async def is_over() -> bool:
        return not await agents.rows("bob", "memory_entries", "text")

    assert await agents.rows("bob", "memory_entries", "text") == [(FACT.text,)]
    await until(is_over)
    with pytest.raises(Refused):
        await agents.found("bob", "ann")


async def test_what_was_forgotten_is_no_longer_shared(agents: Sharing) -> None:
    await agents.remember("ann", FACT)
    await agents.grant("ann", granted("bob"))
    await agents.memories.append("ann", lambda memory: memory.forget([memory.entries[0].id], "ann"))
    assert await agents.found("bob", "ann") == []
    assert await agents.rows("bob", "memory_entries", "text") == []
    assert await agents.rows("bob", "memory_postings", "lexeme") == []


@pytest.mark.parametrize("table", [*TABLES, "agent_events where stream like 'agent/%'"])
async def test_without_an_agent_the_app_sees_nothing(agents: Sharing, table: str) -> None:
    await agents.remember("ann", FACT)
    await agents.grant("ann", granted("bob"))
    assert await agents.rows(EVERY_AGENT, table) > [(0,)]
    async with reading(agents.pool) as connection:
        assert await (await connection.execute(f"select from {table}".encode())).fetchall() == []
    assert await agents.rows("eve", table) == [(0,)]


async def test_the_app_writes_to_no_memory_but_that_of_its_agent(agents: Sharing) -> None:
    await agents.remember("ann", FACT)
    await agents.grant("ann", granted("bob", access=Access.WRITE))
    for statement in (
        "update memory_entries set text = 'lies'",
        "delete from memory_entries",
        "delete from memory_grants",
    ):
        async with transaction(agents.pool, "bob") as connection:
            assert (await connection.execute(statement.encode())).rowcount == 0
    lies = "insert into memory_grants values ('ann', 'eve', 'Key Learnings', 'read', 'eve', null, 1)"
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        async with transaction(agents.pool, "bob") as connection:
            await connection.execute(lies.encode())


async def test_an_agent_that_may_write_adds_its_own_word_as_data(agents: Sharing) -> None:
    await agents.grant("ann", granted("bob", Section.LEARNINGS, access=Access.WRITE))
    ours = Author("job b", 5.0, "b", 2)
    await agents.memories.append("ann", lambda memory: memory.remember_for("bob", [FACT], ours))
    (entry,) = (await agents.memories.load("ann")).entries
    assert (entry.text, entry.trust, entry.source, entry.job) == (FACT.text, "tool", "agent bob", "b")
    with pytest.raises(ToolInvalid, match="may not write to 'Ongoing Projects'"):
        project = FACT.model_copy(update={"section": Section.PROJECTS})
        await agents.memories.append("ann", lambda memory: memory.remember_for("bob", [project], ours))


async def test_even_an_agent_that_may_write_gives_no_rules(agents: Sharing) -> None:
    await agents.grant("ann", granted("bob", access=Access.WRITE))
    rule = FACT.model_copy(update={"section": Section.DECISIONS})
    with pytest.raises(ToolInvalid, match="holds rules"):
        await agents.memories.append("ann", lambda memory: memory.remember_for("bob", [rule], WRITER))


async def test_random_agents_under_load_see_no_foreign_row(agents: Sharing) -> None:
    """Eight agents share at random while all of them read: what each sees is checked against what was granted."""
    draw, names = random.Random(5), [f"agent-{n}" for n in range(8)]
    may: dict[tuple[str, str], frozenset[Section]] = {}
    for owner in names:
        texts = [Remembered(section=each, text=f"harbour dues of {owner} in {each}") for each in SECTIONS]
        await agents.remember(owner, *texts)
        for reader in names:
            if reader != owner and (sections := draw.sample(SECTIONS, draw.randrange(4))):
                await agents.grant(owner, granted(reader, *sections))
                may[owner, reader] = frozenset(sections)

    async def read(number: int) -> int:
        owner, reader = random.Random(number).sample(names, 2)
        allowed = may.get((owner, reader), frozenset())
        rows = await agents.rows(reader, "memory_entries", "agent_id, section")
        mine = {(reader, each.value) for each in SECTIONS}
        shared = {(one, each.value) for (one, other), held in may.items() if other == reader for each in held}
        assert set(rows) == mine | shared
        if not allowed:
            with pytest.raises(Refused):
                await agents.found(reader, owner)
            return 0
        found = await agents.found(reader, owner)
        assert {entry.section for entry in found} == allowed
        return len(found)

    seen = await asyncio.gather(*(read(number) for number in range(200)))
    assert sum(seen) > 100
    files = {name: memory_file.render(name, 1, (await agents.memories.load(name)).entries) for name in names}
    foreign = [(name, other) for name in names for other in names if other != name and f" of {other} " in files[name]]
    assert foreign == []
    events = [each.event for name in names for each in await agents.memories.history(name)]
    assert sum(isinstance(event, MemoryRead) for event in events) == sum(1 for each in seen if each)
    assert not any((await rebuild.rebuild(agents.pool, keep=False)).values())
