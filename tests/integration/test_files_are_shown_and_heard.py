"""The agent's files: an edit becomes events against the version it names; nothing leads outside of the folder."""

import shutil
from pathlib import Path

import pytest

from activities.catching_up import CatchingUp
from agents.tools.tool import ToolResult
from domain.memory import FileRestored, MemoryAdded, MemoryRemoved
from settings import Settings
from stores import artifacts
from stores.memory import Memories
from stores.postgres import Pool
from stores.tasks import Tasks
from tests.integration.conftest import Deciding
from tests.integration.lives import Life, Target, use
from tests.integration.test_rule_12_many_write_an_agents_memory import _events as memory_events

OUTSIDE = ["../x", "../../x", "/tmp/x", "a/../../x", "a//b", ".", "", "a\\b", "a\nb", ".longhaul.lock", "x" * 300]


@pytest.fixture
async def life(deciding: Deciding) -> Life:
    """A job whose agent remembers one thing and has two items."""
    life = await deciding("remember")
    await life.act()
    return life


@pytest.fixture
def folder(life: Life, settings: Settings) -> Path:
    return settings.home / "agents" / life.agent


async def _remembered(life: Life) -> list[str]:
    return [entry.text for entry in (await Memories(life.hands.pool).load(life.agent)).entries]


def _with_line(text: str, heading: str, line: str) -> str:
    return text.replace(f"## {heading}\n", f"## {heading}\n{line}\n", 1)


async def test_an_edit_is_imported_before_the_next_decision_and_the_model_sees_it(life: Life, folder: Path) -> None:
    memory = folder / "memory.md"
    memory.write_text(_with_line(memory.read_text(), "Current Focus", "- the roof"))
    life.hands.script.answers = [use("keyed", item="two", plan=None)]
    await life.decide()
    assert [entry.text for entry in life.hands.script.told[-1].memory] == ["x", "the roof"]
    assert "the roof" in memory.read_text()


async def test_edits_of_an_older_version_are_merged_with_what_came_since(life: Life, folder: Path, pool: Pool) -> None:
    """Three people took the same file home."""
    memory = folder / "memory.md"
    taken = memory.read_text()
    for line in ("- from ann", "- from bob"):
        memory.write_text(_with_line(taken, "Recent Decisions", line))
        await life.hands.files.sync(life.agent)
    gone = "\n".join(line for line in taken.split("\n") if not line.endswith("· x"))
    memory.write_text(gone)
    await life.hands.files.sync(life.agent)
    assert await _remembered(life) == ["from ann", "from bob"]
    kinds = [type(event) for event in await memory_events(pool, life.agent)]
    assert kinds == [MemoryAdded, MemoryAdded, MemoryAdded, MemoryRemoved]


async def test_what_nobody_edited_makes_no_event(life: Life, folder: Path) -> None:
    before = (await life.types(), await _remembered(life))
    for path in (folder / "memory.md", folder / "TODO.md"):
        path.write_text(path.read_text())
    await life.hands.files.sync(life.agent)
    assert (await life.types(), await _remembered(life)) == before


@pytest.mark.parametrize("name", ["memory.md", "TODO.md"])
@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"\xff\xfe", b"# torn", b"x" * 100_000], ids=range(5))
async def test_a_torn_file_is_put_back_and_what_stood_there_is_kept(
    content: bytes, name: str, life: Life, folder: Path, pool: Pool
) -> None:
    path = folder / name
    path.write_bytes(content)
    await life.hands.files.sync(life.agent)
    restored = (await memory_events(pool, life.agent))[-1]
    assert isinstance(restored, FileRestored)
    assert restored.path == name
    assert restored.found
    assert await artifacts.fetch(pool, restored.found) == content
    assert b"longhaul" in path.read_bytes().splitlines()[-1]


@pytest.mark.parametrize("path", OUTSIDE, ids=range(len(OUTSIDE)))
async def test_a_tools_file_never_leads_outside_and_holds_up_no_other(
    path: str, deciding: Deciding, target: Target, settings: Settings
) -> None:
    life = await deciding("transactional")
    target.result = ToolResult(text="written", files={path: b"evil"})
    await life.act()
    evil = [each for each in settings.home.parent.rglob("*") if each.is_file() and each.read_bytes() == b"evil"]
    assert evil == []
    target.result = ToolResult(text="written", files={"zzz.txt": b"good"})
    life.hands.script.answers = [use("transactional", item="two", plan=("two",))]
    await life.decide()
    await life.act()
    assert (settings.home / "agents" / life.agent / "zzz.txt").read_bytes() == b"good"


async def test_a_symlinked_folder_is_not_followed_and_stops_no_job(
    life: Life, folder: Path, target: Target, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "notes").symlink_to(elsewhere)
    target.result = ToolResult(text="written", files={"notes/x.txt": b"x"})
    life.hands.script.answers = [use("transactional", item="two", plan=None)]
    await life.decide()
    await life.act()
    assert life.state.steps_done == 2
    assert list(elsewhere.iterdir()) == []


async def test_a_file_that_could_not_be_written_when_its_job_ended_is_written_by_upkeep(
    life: Life, folder: Path, pool: Pool
) -> None:
    """Nothing else comes to write it: the job is over. It may take several looks until there is room."""
    todo, files = folder / "TODO.md", life.hands.files
    shown = todo.read_text()
    todo.unlink()
    todo.mkdir()
    assert not await files.sync(life.agent)
    catching_up = CatchingUp(Tasks(pool), files)
    for _ in range(2):
        await catching_up()
    assert todo.is_dir()
    todo.rmdir()
    await catching_up()
    assert todo.read_text() == shown
    todo.unlink()
    await catching_up()
    assert todo.exists(), "within the minute that is looked at once more"


async def test_upkeep_leaves_the_files_of_another_machine_alone(life: Life, folder: Path, pool: Pool) -> None:
    shutil.rmtree(folder)
    await CatchingUp(Tasks(pool), life.hands.files)()
    assert not list(folder.parent.iterdir())
