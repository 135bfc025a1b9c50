"""A person edits memory.md while the agent changes the same entry: both stay, and are flagged."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from domain.memory import Author, Remembered
from domain.memory_file import render
from domain.sections import Section
from settings import Settings
from stores import rebuild
from stores.files import AgentFiles
from stores.jobs import Jobs
from stores.memory import Judge, Memories
from stores.postgres import Pool
from stores.search import Search
from stores.tasks import Tasks
from stores.workspace import Workspace
from tests.integration.test_the_command_line import Terminal
from tests.support.forked import Said

Memory = Callable[..., Awaitable[Said]]


@pytest.fixture
def memory(settings: Settings) -> Memory:
    terminal = Terminal(settings)
    return lambda *words: terminal("memory", *words)


@pytest.fixture
def files(pool: Pool, settings: Settings) -> AgentFiles:
    return AgentFiles(Jobs(pool), Memories(pool), Tasks(pool), Workspace(settings.home / "agents"))


@pytest.fixture
def path(settings: Settings, unique: str) -> Path:
    return settings.home / "agents" / unique / "memory.md"


def _adding(text: str, topic: str = "") -> Judge:
    fact = Remembered(section=Section.LEARNINGS, text=text, topic=topic)
    return lambda memory: memory.remember([fact], Author("job j", 1.0))


def _read(path: Path) -> str:
    return path.read_text()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


async def _edited(files: AgentFiles, path: Path, agent: str, old: str, new: str, taken: str) -> str:
    """The file as it is after a person has saved their edit of what they had taken."""
    assert old in taken
    _write(path, taken.replace(old, new))
    await files.sync(agent)
    return _read(path)


async def test_it_is_flagged_until_it_is_settled(
    pool: Pool, files: AgentFiles, path: Path, memory: Memory, unique: str
) -> None:
    await files.memories.append(unique, _adding("Go 1.25 builds it", "go"))
    await files.sync(unique)
    taken = _read(path)
    await files.memories.append(unique, _adding("Go 1.26 builds it", "go"))
    text = await _edited(files, path, unique, "1.25", "1.27", taken)
    assert [line.split(" · ")[1] for line in text.splitlines() if "[disputed 1]" in line] == [
        "Go 1.26 builds it",
        "Go 1.27 builds it",
    ]
    assert (await memory("show", unique)).out.count("[disputed 1]") == 2
    assert (await memory("show", unique, "-o", "json")).json()["disputes"] == [["m3", "m4"]]
    assert not any((await rebuild.rebuild(pool, keep=False)).values())
    assert (await memory("forget", unique, "m4", "--by", "ann")).code == 0
    assert "disputed" not in _read(path)
    stories = [each["story"] for each in (await memory("log", unique, "-o", "json")).json()]
    assert stories[3] == "disputed from now on: m3 and m4; added m4 to Key Learnings: Go 1.27 builds it"
    assert stories[-1] == "settled: m3 and m4; removed m4: forgotten"
    assert "disputed from now on: m3 and m4; added m4" in (await memory("log", unique)).out


async def test_an_untouched_file_with_flags_makes_no_event(files: AgentFiles, path: Path, unique: str) -> None:
    for text in ("Go 1.25 builds it", "Go 1.26 builds it"):
        await files.memories.append(unique, _adding(text, "go"))
    base = await files.memories.at(unique, 1)
    await _edited(files, path, unique, "1.25", "1.27", render(unique, 1, base.entries))
    before = await files.memories.load(unique)
    fresh = AgentFiles(files.jobs, files.memories, files.tasks, files.workspace)
    assert "[disputed 1]" in _read(path)
    await fresh.sync(unique)
    assert await files.memories.load(unique) == before


async def test_what_a_person_takes_away_is_not_found_in_the_archive_either(
    pool: Pool, files: AgentFiles, path: Path, unique: str
) -> None:
    await files.memories.append(unique, _adding("Eve deploys"))
    await files.sync(unique)
    taken = _read(path)
    small = Memories(pool, tokens=200)
    for number in range(30):
        await small.append(unique, _adding(f"filling number {number}"))
    search = Search(agent=unique, question="who deploys?", now=2.0)
    assert ("m1", True) in [(each.entry.id, each.archived) for each in (await small.search(search)).found]
    line = next(line for line in taken.splitlines() if "Eve deploys" in line)
    await _edited(files, path, unique, f"{line}\n", "", taken)
    assert "m1" not in [each.entry.id for each in (await small.search(search)).found]
    assert not any((await rebuild.rebuild(pool, keep=False)).values())
