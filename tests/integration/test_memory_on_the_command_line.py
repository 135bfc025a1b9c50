"""What people do to an agent's memory: every change is a version, with its author and reason, and can be taken back."""

import json
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from settings import Settings
from tests.integration.test_the_command_line import Terminal
from tests.support.forked import Said

Memory = Callable[..., Awaitable[Said]]
"""`longhaul memory …`."""


@pytest.fixture
def memory(settings: Settings) -> Memory:
    terminal = Terminal(settings)
    return lambda *words: terminal("memory", *words)


async def test_it_is_changed_looked_at_and_taken_back(memory: Memory, unique: str) -> None:
    added = await memory("remember", unique, "learnings", "Go 1.26 builds it", "--by", "bob", "--topic", "go")
    assert added.out == "version 1: added m1 to Key Learnings: Go 1.26 builds it\n"
    await memory("remember", unique, "focus", "Ship it", "--pin", "--expires", "2999-01-01", "--by", "bob")
    newer = await memory("remember", unique, "learnings", "Go 1.27 builds it", "--topic", "go", "--by", "ann")
    assert newer.out.splitlines() == [
        "version 3: removed m1: superseded: go",
        "version 4: added m4 to Key Learnings: Go 1.27 builds it",
    ]
    again = await memory("remember", unique, "learnings", "go 1.27  builds it")
    assert again.out == "nothing changed: it is so already\n"
    assert (await memory("diff", unique, "1", "4")).out.splitlines() == [
        "version 1 → 4",
        "- m1  Key Learnings: Go 1.26 builds it",
        "+ m2  Current Focus: Ship it",
        "+ m4  Key Learnings: Go 1.27 builds it",
    ]
    back = await memory("rollback", unique, "1", "--reason", "too early", "--by", "eve")
    assert back.out.splitlines()[-1] == "version 8: rolled back to version 1: too early"
    first, last = [(await memory("show", unique, "--at", at)).out.splitlines() for at in ("1", "8")]
    assert first[:-2] == last[:-2], "the same but for the last line, which names the version"
    log = json.loads((await memory("log", unique, "-o", "json")).out)
    assert [each["version"] for each in log] == list(range(1, 9))
    assert {each["by"] for each in log} == {"bob", "ann", "eve"}
    assert log[0]["data"]["entry"]["id"] == "m1"


async def test_it_is_searched(memory: Memory, unique: str) -> None:
    await memory("remember", unique, "learnings", "Deploys are Eve's, on Tuesdays", "--happened", "2026-01-02")
    found = await memory("search", unique, "who deployed?")
    assert found.out == "## Key Learnings\n- 2026-01-02 00:00 · Deploys are Eve's, on Tuesdays\n"
    (row,) = json.loads((await memory("search", unique, "who deployed?", "-o", "json")).out)
    assert (row["id"], row["archived"]) == ("m1", False)
    assert (await memory("search", unique, "who deployed?", "--budget", "3")).out == "nothing was found\n"
    assert (await memory("search", unique, "who deployed?", "--at", "0")).out == "nothing was found\n"


async def test_an_entry_is_pinned_let_go_and_forgotten(memory: Memory, unique: str) -> None:
    await memory("remember", unique, "learnings", "x")
    assert (await memory("pin", unique, "m1")).out == "version 2: pinned m1\n"
    assert (await memory("pin", unique, "m1", "--off")).out == "version 3: let go of m1\n"
    gone = await memory("forget", unique, "m1", "--reason", "wrong", "--by", "ann")
    assert gone.out == "version 4: removed m1: wrong\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("forget", "m9"), "there is no memory 'm9'"),
        (("forget",), "which entries?"),
        (("pin",), "which entries?"),
        (("rollback", "7", "--reason", "x"), "has no version 7 yet; the newest is 1"),
        (("rollback", "1"), "--reason"),
        (("show", "--at", "yesterday"), "'yesterday' is no time"),
        (("search", ""), "question: String should have at least 1 character"),
        (("search", "x", "--limit", "0"), "limit: Input should be greater than or equal to 1"),
        (("remember", "learnings", ""), "text: String should have at least 1 character"),
        (("remember", "learnings", "x" * 2001), "text: String should have at most 2000 characters"),
        (("remember", "nowhere", "x"), '"focus", "decisions"'),
    ],
)
async def test_what_is_not_right_is_refused_and_changes_nothing(
    memory: Memory, unique: str, words: tuple[str, ...], told: str
) -> None:
    await memory("remember", unique, "learnings", "kept")
    command, *rest = words
    said = await memory(command, unique, *rest)
    assert said.code == 2
    assert told in said.err.replace("│", "").replace("\n", " ").replace("  ", " ")
    assert json.loads((await memory("show", unique, "-o", "json")).out)["version"] == 1


async def test_an_agent_that_is_not_there_is_not_made_by_looking(memory: Memory, unique: str) -> None:
    for command in ("show", "log", "search"):
        said = await memory(command, f"{unique}-x", *(["x"] if command == "search" else []))
        assert said.code == 2, command
        assert "Not found: agent" in said.err
    assert (await memory("show", "Not An Id")).code == 2


async def test_the_file_follows_where_it_is(memory: Memory, settings: Settings, unique: str) -> None:
    folder = settings.home / "agents" / unique
    await memory("remember", unique, "learnings", "one")
    assert not folder.exists(), "a machine that has no files of the agent makes none"
    _write(folder / "memory.md", (await memory("show", unique)).out.replace("_nothing yet_", "- by hand", 1))
    await memory("remember", unique, "learnings", "two")
    text = _read(folder / "memory.md")
    assert all(line in text for line in ("· one", "· two", "· by hand"))


async def test_it_is_exported_with_a_commit_for_each_version(memory: Memory, tmp_path: Path, unique: str) -> None:
    await memory("remember", unique, "learnings", "x\nM 100644 inline evil", "--by", "<b>\nob")
    await memory("forget", unique, "m1", "--reason", "wrong", "--by", "ann")
    folder = tmp_path / "git"
    assert (await memory("export", unique, str(folder), "--git")).code == 0
    log = _git(folder, "log", "--format=%an|%s", "--reverse").splitlines()
    assert log == [
        "b  ob|version 1: added m1 to Key Learnings: x M 100644 inline evil",
        "ann|version 2: removed m1: wrong",
    ]
    first = _git(folder, "show", "HEAD~1:memory.md")
    assert first.strip() == (await memory("show", unique, "--at", "1")).out.strip()
    assert _git(folder, "ls-files").split() == ["memory.md"]
    assert not _git(folder, "status", "--short")
    again = await memory("export", unique, str(folder), "--git")
    assert again.code == 2
    assert "not empty" in again.err


async def test_it_is_exported_as_a_file_that_is_never_written_over(memory: Memory, tmp_path: Path, unique: str) -> None:
    await memory("remember", unique, "learnings", "kept")
    assert (await memory("export", unique, str(tmp_path / "a" / "b"))).code == 0
    assert "· kept" in _read(tmp_path / "a" / "b" / "memory.md")
    again = await memory("export", unique, str(tmp_path / "a" / "b"))
    assert (again.code, "File exists" in again.err) == (2, True)


def _git(folder: Path, *words: str) -> str:
    git = shutil.which("git")
    assert git
    return subprocess.run([git, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")
