"""What tools read: what they wrote, from the journal; what people put there, from the directory; nothing outside."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from agents.tools.list_files import LIST_FILES, ListFilesArgs
from agents.tools.read_file import READ_FILE, ReadFileArgs
from agents.tools.search_files import SEARCH_FILES, SearchFilesArgs
from agents.tools.tool import ToolContext, ToolResult
from domain.errors import Refused, ToolInvalid
from settings import Settings
from stores.postgres import Pool
from stores.shelf import Shelf
from stores.workspace import Workspace
from tests.integration.conftest import Deciding
from tests.integration.lives import Target


@pytest.fixture
def folder(settings: Settings) -> Path:
    """The directory of the agent ann."""
    made = settings.home / "agents" / "ann"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def shelf(pool: Pool, folder: Path) -> Shelf:
    return Shelf(pool, Workspace(folder.parent), "ann")


@pytest.fixture
def ctx(shelf: Shelf) -> ToolContext:
    async def nothing(sha256: str) -> bytes:
        raise AssertionError(sha256)

    return ToolContext("job", "ann", "job/1", 1, 0.0, "/", last_check=lambda: None, artifact=nothing, files=shelf)


async def test_what_people_put_there_is_listed_read_and_searched(folder: Path, ctx: ToolContext) -> None:
    (folder / "in").mkdir()
    (folder / "in/a.txt").write_text("one\nTwo\nthree\n")
    (folder / "in/b.bin").write_bytes(b"\0two")
    (folder / "memory.md").write_text("two")
    listed = await LIST_FILES.run(ctx, ListFilesArgs())
    assert (listed.content, listed.text) == (b"in/a.txt\nin/b.bin", "2 files in your directory")
    assert (await LIST_FILES.run(ctx, ListFilesArgs(folder="out"))).content is None
    read = await READ_FILE.run(ctx, ReadFileArgs(path="in/a.txt", first=2, lines=1))
    assert (read.content, read.text) == (b"Two", "in/a.txt, lines 2 to 2 of 3")
    found = await SEARCH_FILES.run(ctx, SearchFilesArgs(text="tWO", folder="in"))
    assert (found.content, found.text) == (b"in/a.txt:2: Two", "1 lines in 2 files; 1 could not be read as text")


@pytest.mark.parametrize(
    ("path", "why"),
    [("none.txt", "there is no file 'none.txt'"), ("b.bin", "holds no text"), ("link", "is not a plain file")],
)
async def test_what_cannot_be_read_says_why(path: str, why: str, folder: Path, ctx: ToolContext) -> None:
    (folder / "b.bin").write_bytes(b"\0")
    (folder / "link").symlink_to("/etc/hostname")
    with pytest.raises(ToolInvalid, match=why):
        await READ_FILE.run(ctx, ReadFileArgs(path=path))


@pytest.mark.parametrize("path", ["../ben/secret.txt", "/etc/hostname", "a/../../ben/x", "", "way/secret.txt"])
async def test_nothing_outside_is_read(path: str, folder: Path, shelf: Shelf) -> None:
    (folder.parent / "ben").mkdir()
    (folder.parent / "ben/secret.txt").write_text("secret")
    (folder / "way").symlink_to(folder.parent / "ben")
    with pytest.raises(Refused):
        await shelf.read(path)
    assert "way/secret.txt" not in await shelf.listing()


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", "a/./b", "a\\b", "a\nb", ".longhaul.lock", "x" * 300])
def test_a_wrong_path_is_no_argument(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        ReadFileArgs(path=path)


async def test_what_a_tool_wrote_is_read_from_the_journal(
    pool: Pool, settings: Settings, deciding: Deciding, target: Target
) -> None:
    """Even where its file is not there: on another machine, or not yet."""
    target.result = ToolResult(text="wrote it", files={"notes.md": b"as written"})
    life = await deciding("pure")
    await life.act()
    elsewhere = Workspace(settings.home / "another-machine")
    elsewhere.root.mkdir()
    shelf: Any = Shelf(pool, elsewhere, life.agent)
    assert await shelf.listing() == ("notes.md",)
    assert await shelf.read("notes.md") == b"as written"
    assert hashlib.sha256(b"as written").hexdigest() in {file.sha256 for file in life.state.files}
