"""memory.md and TODO.md: written from the journal, a person's edit imported as events, a torn file restored."""

from pathlib import Path

import pytest

from domain.events import ToolCalled
from domain.job import JobState
from domain.sections import Section
from starter.client import Longhaul
from stores import artifacts
from stores.postgres import EVERY_AGENT, Pool, transaction
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.workflows.conftest import World
from workflows.job import JobWorkflow

MARK = "← CURRENTLY WORKING ON THIS"


def _home(world: World, job: str) -> Path:
    return world.longhaul.settings.home / "agents" / f"agent-{job}"


async def _shown(longhaul: Longhaul, job: str) -> JobState:
    """The job's state once it waits and its workflow knows: an activity writes the files before it returns."""
    state = await waits(longhaul, job)
    handle = longhaul.temporal.get_workflow_handle(f"job/{job}")

    async def has_followed() -> bool:
        return (await handle.query(JobWorkflow.seen)).head.version >= state.version

    await until(has_followed)
    return state


async def _go_on(longhaul: Longhaul, job: str) -> None:
    asked = (await waits(longhaul, job)).requests[0]
    await longhaul.say(job, "approve", {"by": "ann", "request": asked.id})
    result = await longhaul.temporal.get_workflow_handle(f"job/{job}").result()
    assert result["status"] == "completed"


async def test_an_edit_of_todo_md_is_imported(world: World, unique: str) -> None:
    """The toy does not know the added item: its next plan drops it, and the journal says so."""
    await world.longhaul.start(toy(unique, "guarded", "keyed", "pure"))
    await _shown(world.longhaul, unique)
    todo = _home(world, unique) / "TODO.md"
    text = todo.read_text()
    assert MARK not in text, "nobody works while the job waits"
    todo.write_text(text.replace("- [ ] do pure", "- [x] do pure\n- [ ] water the plants"))
    await _go_on(world.longhaul, unique)
    edited = of_type(await events(world.longhaul, unique), "TodoEdited")
    assert [[item.text for item in getattr(edit, "added", ())] for edit in edited] == [["water the plants"]]
    assert [getattr(edit, "ticked", ()) for edit in edited] == [("pure",)]
    calls = [event.call.tool for event in await events(world.longhaul, unique) if isinstance(event, ToolCalled)]
    assert calls == ["guarded", "keyed"]


async def test_an_edit_of_memory_md_is_merged(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "transactional", "guarded", "transactional:2"))
    await _shown(world.longhaul, unique)
    memory = _home(world, unique) / "memory.md"
    await until(lambda: f"{unique} kept transactional" in memory.read_text())
    lines = [line for line in memory.read_text().split("\n") if "kept transactional" not in line]
    lines.insert(lines.index("## Recent Decisions") + 1, "- we ship on Fridays")
    memory.write_text("\n".join(lines))
    await _go_on(world.longhaul, unique)
    state = await world.longhaul.memories.load(f"agent-{unique}")
    texts = {entry.text: entry for entry in state.entries}
    assert texts["we ship on Fridays"].section is Section.DECISIONS
    assert texts["we ship on Fridays"].author == "a person, in the file"
    assert not any(text.startswith(f"{unique} kept transactional as") for text in texts)
    assert any(text.startswith(f"{unique} kept transactional:2") for text in texts), "a write in between is kept"
    assert "we ship on Fridays" in memory.read_text()


@pytest.mark.parametrize("name", ["memory.md", "TODO.md"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe torn", b"# Memory of somebody\n\n## Current Fo"])
async def test_a_torn_file_is_restored_and_kept(
    name: str, content: bytes, world: World, pool: Pool, unique: str
) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await _shown(world.longhaul, unique)
    path = _home(world, unique) / name
    before = path.read_bytes()
    path.write_bytes(content)
    await _go_on(world.longhaul, unique)
    async with transaction(pool, EVERY_AGENT) as connection:
        query = (
            "select event_data ->> 'found', event_data ->> 'path' from agent_events where event_type = 'FileRestored'"
        )
        found = await (await connection.execute(query)).fetchall()
    assert [path for _, path in found] == [name]
    assert await artifacts.fetch(pool, found[0][0]) == content
    assert path.read_bytes().splitlines()[0] == before.splitlines()[0]


async def test_a_file_that_is_deleted_comes_back(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await _shown(world.longhaul, unique)
    for name in ("memory.md", "TODO.md"):
        (_home(world, unique) / name).unlink()
    await _go_on(world.longhaul, unique)
    assert (_home(world, unique) / "TODO.md").read_text().count("- [x]") == 1
    assert (_home(world, unique) / "memory.md").exists()


async def test_a_link_in_place_of_a_file_is_not_followed_and_stops_no_job(
    world: World, unique: str, tmp_path: Path
) -> None:
    await world.longhaul.start(toy(unique, "guarded"))
    await _shown(world.longhaul, unique)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    path = _home(world, unique) / "memory.md"
    path.unlink()
    path.symlink_to(elsewhere)
    await _go_on(world.longhaul, unique)
    assert elsewhere.read_text() == "mine"
    assert path.is_symlink()


async def test_exactly_one_item_is_marked_while_a_job_works(world: World, unique: str) -> None:
    items = [f"keyed:{number}" for number in range(6)]
    await world.longhaul.start(toy(unique, *items))
    todo, marks = _home(world, unique) / "TODO.md", set[int]()

    def looked() -> bool:
        if todo.exists():
            text = todo.read_text()
            if "- [ ]" in text:
                marks.add(text.count(MARK))
        return len(world.witness.effects()) == len(items)

    await until(looked)
    await ended(world.longhaul, unique)
    assert marks <= {0, 1}
    assert 1 in marks


async def test_tools_files_are_written_from_the_journal(world: World, unique: str) -> None:
    await world.longhaul.start(toy(unique, "transactional", "guarded", "pure"))
    await _shown(world.longhaul, unique)
    path = _home(world, unique) / "transactional.txt"
    await until(lambda: path.exists() and path.read_text().startswith(f"{unique}/"))
    path.write_text("spoiled")
    (_home(world, unique) / "memory.md").unlink()
    await _go_on(world.longhaul, unique)
    await until(lambda: path.read_text().startswith(f"{unique}/"))
