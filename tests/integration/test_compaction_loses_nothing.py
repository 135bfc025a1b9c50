"""Compaction on the real Postgres, while others write: nothing is lost, a rollback puts the sources back."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Iterator

import pytest
from redis.asyncio import Redis

from activities.compaction import Compaction
from activities.crash import CrashPoints
from agents.choice import Choice
from agents.llm import LanguageModel
from domain.compaction import Policy
from domain.facts import DAY
from domain.memory import AgentState, Author, Entry, MemoryAdded, MemoryArchived, Remembered, Trust
from domain.memory_file import render
from domain.sections import Section
from settings import Settings
from stores import rebuild
from stores.files import AgentFiles
from stores.jobs import Jobs
from stores.limit import Limiter
from stores.memory import Changed, Judge, Memories
from stores.old import with_old_entries
from stores.postgres import Pool
from stores.search import Search
from stores.tasks import Tasks
from stores.workspace import Workspace
from tests.integration.test_the_command_line import Terminal
from tests.support.language_server import Calls, Cut, LanguageServer, Status, Turn, calls, language_server

OLD = time.time() - 10 * DAY
WORDS = "All builds of the parser passed on twelve hosts."
Compacting = Callable[..., Compaction]


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    with language_server() as server:
        yield server


@pytest.fixture
def compacting(pool: Pool, redis: Redis, server: LanguageServer, unique: str) -> Compacting:
    """Makes what compacts, with a model if one is named; each has a cache of its own, as a worker has."""

    def make(model: bool = False, memories: Memories | None = None, per_minute: float = 1e6) -> Compaction:
        language = LanguageModel(Choice(f"openai:{unique}", url=server.url, price="1/10")) if model else None
        return Compaction(
            memories or Memories(pool),
            Limiter(redis),
            policy=Policy(),
            crash=CrashPoints(),
            language=language,
            calls_per_minute=per_minute,
        )

    return make


def _said(text: object) -> Calls:
    return calls(("summary", {"text": text}))


def _adding(text: str, at: float, **more: object) -> Judge:
    fact = Remembered.model_validate({"section": Section.LEARNINGS, "text": text, **more})
    return lambda memory: memory.remember([fact], Author("ann", at))


async def _remember(pool: Pool, agent: str, count: int = 12) -> AgentState:
    memories = Memories(pool)
    for number in range(count):
        text = f"Build {number} of the parser took {number} minutes. It ran on host h{number}."
        state = await memories.append(agent, _adding(text, OLD + number))
    return state


def _summary(state: AgentState) -> Entry:
    (entry,) = (entry for entry in state.entries if entry.supersedes)
    return entry


async def test_the_sources_go_to_the_archive_and_are_found(pool: Pool, compacting: Compacting, unique: str) -> None:
    before = await _remember(pool, unique)
    after, events = await compacting().compact(unique, time.time())
    assert [type(event) for event in events] == [MemoryArchived] * 12 + [MemoryAdded]
    assert _summary(after).supersedes == tuple(entry.id for entry in before.entries)
    found = (await Memories(pool).search(Search(agent=unique, question="host h7", now=time.time()))).found
    assert ("m8", True) in [(each.entry.id, each.archived) for each in found]
    again = await Memories(pool).append(unique, _adding(before.entries[7].text, time.time()))
    assert again.version == after.version, "what the archive holds is not stored as new"
    assert await compacting().compact(unique, time.time()) == (after, [])
    assert not any((await rebuild.rebuild(pool, keep=False)).values())


async def test_a_rollback_restores_the_sources_byte_for_byte(pool: Pool, compacting: Compacting, unique: str) -> None:
    before = await _remember(pool, unique)
    memories = Memories(pool)
    await compacting(memories=memories).compact(unique, time.time())
    after = await memories.append(unique, lambda memory: memory.roll_back(before, "ann", "too short"))
    assert render(unique, 1, after.entries) == render(unique, 1, before.entries)
    assert after.entries == before.entries
    found = (await memories.search(Search(agent=unique, question="parser", now=time.time()))).found
    assert sorted(each.entry.id for each in found) == sorted(entry.id for entry in before.entries)
    assert not any(each.archived for each in found)
    assert await with_old_entries(pool, Policy(), time.time(), 20) == []
    assert await compacting().compact(unique, time.time()) == (after, [])
    assert not any((await rebuild.rebuild(pool, keep=False)).values())


async def test_a_model_writes_it_outside_of_any_transaction_and_is_asked_once(
    pool: Pool, compacting: Compacting, server: LanguageServer, unique: str
) -> None:
    await _remember(pool, unique)
    server.script = [_said(WORDS)]
    after, events = await compacting(model=True).compact(unique, time.time())
    assert _summary(after).text == f"Summary of 12 entries (m1 to m12):\n{WORDS}"
    assert (_summary(after).author, _summary(after).trust) == (f"openai:{unique}", Trust.OWN)
    assert isinstance(events[0], MemoryArchived)
    assert events[0].why == f"compacted by openai:{unique}"
    (asked,) = server.asked
    assert asked.offered == ["summary"]
    assert "> Build 7 of the parser took 7 minutes." in asked.prompt
    assert await compacting(model=True).compact(unique, time.time()) == (after, [])
    assert len(server.asked) == 1, "a repeated attempt finds the result"


FAILURES: dict[str, tuple[list[Turn], str]] = {
    "down": ([Status(503)], "The model gave no answer"),
    "cut": ([Cut()], "The model gave no answer"),
    "refused": ([Status(401)], "Refused"),
    "busy": ([Status(429, {"retry-after": "9"})], "Too many calls"),
    "empty": ([_said("  \n ")], "the summary is empty"),
    "endless": ([_said("word " * 1000)], "tokens, at most"),
    "no text": ([_said(7)], "with a text; once is right"),
    "two": ([calls(("summary", {"text": "a"}), ("summary", {"text": "b"}))], "called 2 times"),
    "no JSON": ([calls(("summary", "{"))], "are no JSON"),
}


@pytest.mark.parametrize("how", FAILURES)
async def test_when_the_model_fails_it_is_extracted_and_the_event_says_why(
    how: str, pool: Pool, compacting: Compacting, server: LanguageServer, unique: str
) -> None:
    await _remember(pool, unique)
    server.script, why = FAILURES[how][0][:], FAILURES[how][1]
    after, events = await compacting(model=True).compact(unique, time.time())
    assert _summary(after).author == "extraction"
    assert "Build " in _summary(after).text
    assert isinstance(events[0], MemoryArchived)
    assert events[0].why.startswith("compacted by extraction: ")
    assert why in events[0].why
    assert len(server.asked) == 1


async def test_beyond_the_limit_of_calls_no_model_is_asked(
    pool: Pool, compacting: Compacting, server: LanguageServer, unique: str
) -> None:
    await _remember(pool, unique)
    limited = compacting(model=True, per_minute=1)
    while not await limited.limiter.take(f"model:openai:{unique}", 1):
        pass
    after, _ = await limited.compact(unique, time.time())
    assert _summary(after).author == "extraction"
    assert not server.asked


class Held(Memories):
    """Lets the test do something between the summary and its commit."""

    meanwhile: Callable[[], Awaitable[None]]

    async def change(self, agent: str, judge: Judge, named: Collection[str] = ()) -> Changed:
        await self.meanwhile()
        return await super().change(agent, judge, named)


async def test_what_writers_and_a_person_add_meanwhile_is_all_there(
    pool: Pool, compacting: Compacting, settings: Settings, unique: str
) -> None:
    """Four writers append and a person edits the file that was written before, while the summary is being made."""
    await _remember(pool, unique)
    workspace = Workspace(settings.home / "agents")
    files = AgentFiles(Jobs(pool), Memories(pool, tokens=100_000), Tasks(pool), workspace)
    await files.sync(unique)
    held, fresh = Held(pool, tokens=100_000), time.time()

    async def write(writer: int) -> None:
        memories = Memories(pool, tokens=100_000)
        for number in range(20):
            await memories.append(unique, _adding(f"writer {writer} fact {number}", fresh))

    async def edit() -> None:
        text = (workspace.read(unique, "memory.md") or b"").decode()
        edited = text.replace("## Key Learnings\n", "## Key Learnings\n- by hand\n")
        workspace.replace(unique, "memory.md", edited.encode())
        await files.sync(unique)

    others = asyncio.gather(*(write(writer) for writer in range(4)))
    held.meanwhile = edit
    (after, events), _ = await asyncio.gather(compacting(memories=held).compact(unique, fresh), others)
    after = await Memories(pool).load(unique)
    texts = {entry.text for entry in after.entries}
    assert texts >= {f"writer {w} fact {n}" for w in range(4) for n in range(20)} | {"by hand"}
    assert len(events) == 13
    assert _summary(after).supersedes == tuple(f"m{n}" for n in range(1, 13))
    await files.sync(unique)
    assert workspace.read(unique, "memory.md") == render(unique, after.version, after.entries).encode()
    assert not any((await rebuild.rebuild(pool, keep=False)).values())


async def test_it_is_given_up_when_a_person_takes_a_source_away_meanwhile(
    pool: Pool, compacting: Compacting, unique: str
) -> None:
    await _remember(pool, unique)
    held = Held(pool)

    async def forget() -> None:
        await Memories(pool).append(unique, lambda memory: memory.forget(["m3"], "bob"))

    held.meanwhile = forget
    after, events = await compacting(memories=held).compact(unique, time.time())
    assert events == []
    assert len(after.entries) == 11
    after, events = await compacting().compact(unique, time.time())
    assert "m3" not in _summary(after).supersedes, "the next time it is judged anew"


async def test_of_two_at_once_one_stands(pool: Pool, compacting: Compacting, unique: str) -> None:
    await _remember(pool, unique)
    done = await asyncio.gather(*(compacting().compact(unique, time.time()) for _ in range(4)))
    assert sorted(len(events) for _, events in done) == [0, 0, 0, 13]


async def test_killed_between_the_answer_and_the_commit_it_has_changed_nothing(
    pool: Pool, settings: Settings, server: LanguageServer, unique: str
) -> None:
    before = await _remember(pool, unique)
    server.script = [_said(WORDS), _said("It is said again.")]
    terminal = Terminal(
        settings,
        (
            ("LONGHAUL_CRASH_POINTS", str(settings.crash_points)),
            ("LONGHAUL_MODEL", f"openai:{unique}"),
            ("LONGHAUL_MODEL_URL", server.url),
            ("LONGHAUL_MODEL_PRICE", "0/0"),
        ),
    )
    assert settings.crash_points
    (settings.crash_points / "before_compaction.kill").touch()
    command = [sys.executable, "-m", "starter", "memory", "compact", unique]
    environment = terminal.environment()
    died = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL
    assert (len(server.asked), await Memories(pool).load(unique)) == (1, before)
    said = await terminal("memory", "compact", unique)
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1] == (
        "version 25: added m25 to Key Learnings: Summary of 12 entries (m1 to m12): It is said again."
    )
    assert said.out.splitlines()[0] == f"version 13: archived m1: compacted by openai:{unique}"
    nothing = await terminal("memory", "compact", unique)
    assert nothing.out.startswith("nothing was compacted: 8 entries of a section must be 3 days old")


async def test_the_command_is_told_how_old_and_follows_the_file(pool: Pool, settings: Settings, unique: str) -> None:
    terminal = Terminal(settings)
    memories = Memories(pool)
    for number in range(9):
        await memories.append(unique, _adding(f"Fact number {number} is of today.", time.time()))
    files = AgentFiles(Jobs(pool), memories, Tasks(pool), Workspace(settings.home / "agents"))
    await files.sync(unique)
    assert (await terminal("memory", "compact", unique)).out.startswith("nothing was compacted")
    done = (await terminal("memory", "compact", unique, "--days", "0", "-o", "json")).json()
    assert len(done["changes"]) == 10
    assert "Summary of 9 entries" in (settings.home / "agents" / unique / "memory.md").read_text()
    wrong = await terminal("memory", "compact", unique, "--days", "-1")
    assert (wrong.code, "days: Input should be greater than or equal to 0" in wrong.err) == (2, True)
    missing = await terminal("memory", "compact", f"{unique}-x")
    assert (missing.code, "remembers nothing" in missing.err) == (2, True)


async def test_only_agents_whose_memory_may_be_due_are_looked_at(
    pool: Pool, compacting: Compacting, unique: str
) -> None:
    for name, count in (("due", 12), ("few", 7)):
        await _remember(pool, f"{unique}-{name}", count)
    memories = Memories(pool)
    for number in range(12):
        await memories.append(f"{unique}-topic", _adding(f"fact {number}", OLD, topic=f"t{number}"))
        await memories.append(f"{unique}-web", _adding(f"fact {number}", OLD, trust="web"))
        await memories.append(f"{unique}-rule", _adding(f"fact {number}", OLD, section=Section.DECISIONS))
        await memories.append(f"{unique}-young", _adding(f"fact {number}", time.time()))
    assert await with_old_entries(pool, Policy(), time.time(), 20) == [f"{unique}-due"]
    assert await with_old_entries(pool, Policy(), time.time() + 5 * DAY, 1) in ([f"{unique}-due"], [f"{unique}-young"])
    await compacting().compact(f"{unique}-due", time.time())
    assert await with_old_entries(pool, Policy(), time.time(), 20) == []


async def test_who_erases_an_entry_erases_the_summaries_made_of_it(
    pool: Pool, compacting: Compacting, settings: Settings, unique: str
) -> None:
    memories, owner = Memories(pool), ("LONGHAUL_POSTGRES_OWNER_DSN", settings.secret("postgres_owner_dsn") or "")
    await memories.append(unique, _adding("Marlowe Quenby owes 4711 guilders. He pays in spring.", OLD - 1))
    await _remember(pool, unique)
    after, _ = await compacting().compact(unique, time.time())
    assert "Marlowe" in _summary(after).text
    said = await Terminal(settings, (owner,))("memory", "erase", unique, "m1", "--reason", "he asked for it")
    assert said.code == 0, said.err
    assert f"agent/{unique}, version 1, 27" in said.out
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("select set_config('longhaul.agent', '*', true)")
        query = "select count(*) from agent_events where event_data::text ilike '%marlowe%'"
        row = await (await connection.execute(query)).fetchone()
    assert row == (0,)
    assert not any((await rebuild.rebuild(pool, keep=False)).values())
