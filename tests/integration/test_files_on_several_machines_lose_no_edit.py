"""Two hosts, each with a home of its own: each keeps its own copy of an agent's files, and an edit on either counts."""

from pathlib import Path

import pytest

from domain.memory import Author, Remembered
from domain.sections import Section
from stores.files import AgentFiles
from stores.jobs import Jobs
from stores.memory import Memories
from stores.postgres import Pool
from stores.tasks import Tasks
from stores.workspace import Workspace


class Host:
    """A machine with a worker."""

    def __init__(self, pool: Pool, home: Path, agent: str) -> None:
        self.memories, self.agent = Memories(pool), agent
        jobs, workspace = Jobs(pool), Workspace(home / "agents")
        self.files = AgentFiles(jobs, self.memories, Tasks(pool), workspace)
        self.memory = home / "agents" / agent / "memory.md"

    async def works(self) -> None:
        """As before and after every decision made here."""
        await self.files.sync(self.agent)

    async def learns(self, text: str) -> None:
        fact = Remembered(section=Section.LEARNINGS, text=text)
        await self.memories.append(self.agent, lambda memory: memory.remember([fact], Author("job x", 1.0, "x")))
        await self.works()

    def edit(self, line: str) -> None:
        """A person adds a line under the learnings."""
        text = self.memory.read_text(encoding="utf-8")
        heading = f"## {Section.LEARNINGS.value}\n"
        assert heading in text
        self.memory.write_text(text.replace(heading, f"{heading}- {line}\n"), encoding="utf-8")

    async def known(self) -> set[str]:
        return {entry.text for entry in (await self.memories.load(self.agent)).entries}


@pytest.fixture
def hosts(pool: Pool, tmp_path: Path, unique: str) -> tuple[Host, Host]:
    return Host(pool, tmp_path / "one", unique), Host(pool, tmp_path / "two", unique)


async def test_a_copy_that_nobody_edited_is_only_late(hosts: tuple[Host, Host]) -> None:
    one, two = hosts
    await one.learns("the first")
    await two.learns("the second")
    assert "the second" not in one.memory.read_text(encoding="utf-8"), "nobody has worked there since"
    await one.works()
    assert one.memory.read_text(encoding="utf-8") == two.memory.read_text(encoding="utf-8")
    assert await one.known() == {"the first", "the second"}


async def test_an_edit_of_a_late_copy_is_merged_and_takes_nothing_back(hosts: tuple[Host, Host]) -> None:
    one, two = hosts
    await one.learns("the first")
    await two.learns("the second")
    one.edit("by hand on one")
    two.edit("by hand on two")
    await two.works()
    await one.works()
    await two.works()
    assert await one.known() == {"the first", "the second", "by hand on one", "by hand on two"}
    assert one.memory.read_text(encoding="utf-8") == two.memory.read_text(encoding="utf-8")


async def test_an_edit_where_nobody_works_waits_there(hosts: tuple[Host, Host]) -> None:
    one, two = hosts
    await one.learns("the first")
    one.edit("by hand on one")
    await two.learns("the second")
    assert await two.known() == {"the first", "the second"}
    assert "by hand on one" in one.memory.read_text(encoding="utf-8")
