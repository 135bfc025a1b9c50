"""An agent's directory is the only place that is read or written, whatever stands there."""

import os
import socket
from pathlib import Path

import pytest

from domain.errors import Refused
from stores.workspace import LARGEST, Workspace

SECRET = b"not for agents"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace whose agent `ann` has a directory, beside a file that is none of hers."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_bytes(SECRET)
    (tmp_path / "agents" / "ann").mkdir(parents=True)
    return Workspace(tmp_path / "agents")


def ann(workspace: Workspace) -> Path:
    return workspace.root / "ann"


def refuses(workspace: Workspace, path: str, agent: str = "ann") -> None:
    """Both ways are refused, the message names the place, and nothing outside has changed."""
    with pytest.raises(Refused) as reading:
        workspace.read(agent, path)
    with pytest.raises(Refused) as replacing:
        workspace.replace(agent, path, b"new")
    for said in (str(reading.value), str(replacing.value)):
        assert "; right is " in said or "; an agent's id " in said or "must be" in said or "; move it away" in said
    outside = workspace.root.parent / "outside"
    assert [(file.name, file.read_bytes()) for file in outside.iterdir()] == [("secret.md", SECRET)]


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "/",
        "/etc/passwd",
        "../bob/memory.md",
        "notes/../../x",
        "notes/..",
        "notes//x",
        "./x",
        "x/",
        "a/./b",
        "a\\b",
        "..\\x",
        "a\0b",
        "a\nb",
        "a\x1b[31m",
        "a\x7f",
        "\u202egpj.exe",
        "\udcff",
    ],
)
def test_a_path_that_could_lead_elsewhere_is_refused(workspace: Workspace, path: str) -> None:
    refuses(workspace, path)
    assert list(ann(workspace).iterdir()) == []


@pytest.mark.parametrize("path", ["x" * 256, "é" * 128, "/".join("x" * 17)])
def test_a_path_that_no_file_system_holds_is_refused(workspace: Workspace, path: str) -> None:
    refuses(workspace, path)


@pytest.mark.parametrize("path", ["x" * 255, "é" * 127, "/".join("x" * 16), "a b/..c/.d", "-rf", "☃"])
def test_an_unusual_path_inside_is_fine(workspace: Workspace, path: str) -> None:
    workspace.replace("ann", path, b"1")
    assert workspace.read("ann", path) == b"1"
    assert workspace.listing("ann") == (path,)


@pytest.mark.parametrize("agent", ["", ".", "..", "Ann", "a/b", "-a", "a" * 64, "ann\n", "a\0"])
def test_an_agent_is_an_id(workspace: Workspace, agent: str) -> None:
    refuses(workspace, "x", agent)
    for attempt in (lambda: workspace.listing(agent), workspace.locked(agent, 1.0).__enter__):
        with pytest.raises(Refused):
            attempt()


@pytest.mark.parametrize(
    "path", [".longhaul.lock", ".longhaul-0123456789abcdef.tmp", "a/.longhaul-0123456789abcdef.tmp"]
)
def test_longhauls_own_work_files_are_nobodys(workspace: Workspace, path: str) -> None:
    refuses(workspace, path)


def test_a_symlinked_file_is_neither_read_nor_replaced(workspace: Workspace) -> None:
    (ann(workspace) / "memory.md").symlink_to("../../outside/secret.md")
    (ann(workspace) / "dangling").symlink_to("../../outside/new.md")
    refuses(workspace, "memory.md")
    refuses(workspace, "dangling")


def test_a_symlinked_parent_is_not_followed(workspace: Workspace) -> None:
    (ann(workspace) / "notes").symlink_to("../../outside")
    (ann(workspace) / "deep").mkdir()
    (ann(workspace) / "deep" / "notes").symlink_to(workspace.root.parent / "outside")
    refuses(workspace, "notes/secret.md")
    refuses(workspace, "deep/notes/secret.md")
    refuses(workspace, "notes/new/x.md")


def test_a_symlinked_agent_directory_is_not_followed(workspace: Workspace) -> None:
    (workspace.root / "bob").symlink_to("../outside")
    refuses(workspace, "secret.md", "bob")
    for attempt in (lambda: workspace.listing("bob"), workspace.locked("bob", 1.0).__enter__):
        with pytest.raises(Refused, match="'bob' must be a directory, and no symbolic link"):
            attempt()


def test_a_symlinked_lock_is_not_followed(workspace: Workspace) -> None:
    (ann(workspace) / ".longhaul.lock").symlink_to("../../outside/new.md")
    with pytest.raises(Refused, match=r"\.longhaul\.lock"), workspace.locked("ann", 1.0):
        pass
    assert not (workspace.root.parent / "outside" / "new.md").exists()


def test_the_root_itself_may_be_a_symlink(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(workspace.root)
    Workspace(tmp_path / "link").replace("ann", "x", b"1")
    assert workspace.read("ann", "x") == b"1"


def test_a_fifo_is_refused_and_nobody_waits_for_it(workspace: Workspace) -> None:
    os.mkfifo(ann(workspace) / "memory.md")
    refuses(workspace, "memory.md")


def test_a_fifo_that_comes_in_between_is_refused_too(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check before the open sees a plain file; the check after it sees what was opened."""
    monkeypatch.setattr("stores.workspace._refuse_unless_file", lambda *_: None)
    os.mkfifo(ann(workspace) / "memory.md")
    with pytest.raises(Refused, match="not a plain file"):
        workspace.read("ann", "memory.md")


def test_a_symlink_that_comes_in_between_is_not_followed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stores.workspace._refuse_unless_file", lambda *_: None)
    (ann(workspace) / "memory.md").symlink_to("../../outside/secret.md")
    with pytest.raises(OSError, match=r"memory\.md of agent ann was not read"):
        workspace.read("ann", "memory.md")


def test_a_socket_is_refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ann(workspace))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("memory.md")
        refuses(workspace, "memory.md")


def test_a_directory_in_place_of_a_file_is_refused(workspace: Workspace) -> None:
    (ann(workspace) / "memory.md").mkdir()
    refuses(workspace, "memory.md")


def test_a_file_in_place_of_a_directory_is_refused(workspace: Workspace) -> None:
    workspace.replace("ann", "notes", b"1")
    refuses(workspace, "notes/plan.md")
    assert workspace.read("ann", "notes") == b"1"


def test_a_file_that_is_too_large_is_not_read(workspace: Workspace) -> None:
    with (ann(workspace) / "big").open("wb") as file:
        file.truncate(LARGEST)
    content = workspace.read("ann", "big")
    assert content is not None
    assert len(content) == LARGEST
    os.truncate(ann(workspace) / "big", LARGEST + 1)
    with pytest.raises(Refused, match="'big' is larger than 16777216 bytes"):
        workspace.read("ann", "big")


def test_what_is_not_there_is_none_and_reading_makes_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "agents")
    assert workspace.read("ann", "memory.md") is None
    assert workspace.listing("ann") == ()
    assert not (tmp_path / "agents").exists()


def test_the_listing_has_every_file_that_can_be_read_and_no_other(workspace: Workspace) -> None:
    for path in ("memory.md", "notes/plan.md", "notes/deep/x", "/".join("y" * 16)):
        workspace.replace("ann", path, b"1")
    (ann(workspace) / "/".join("y" * 15) / "z").mkdir()
    (ann(workspace) / "/".join("y" * 15) / "z" / "too deep").write_bytes(b"1")
    (ann(workspace) / "link").symlink_to("memory.md")
    (ann(workspace) / "folder").symlink_to("notes")
    (ann(workspace) / "bad\nname").write_bytes(b"1")
    os.mkfifo(ann(workspace) / "fifo")
    with workspace.locked("ann", 1.0):
        assert workspace.listing("ann") == ("memory.md", "notes/deep/x", "notes/plan.md", "/".join("y" * 16))
