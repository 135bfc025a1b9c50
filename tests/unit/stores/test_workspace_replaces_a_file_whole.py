"""A file is the old one or the new one: among processes, after a kill at any point, and when the disk is full."""

import multiprocessing
import os
import resource
import signal
import stat
import time
from contextlib import suppress
from pathlib import Path

import pytest

from domain.errors import Refused
from stores.workspace import ABANDONED_SECONDS, Workspace

SPAWN = multiprocessing.get_context("spawn")
SECONDS = 30.0
SIZE = 300_000
ROUNDS = 40
OLD, NEW = b"old" * SIZE, b"new" * SIZE
LEFTOVER = ".longhaul-0123456789abcdef.tmp"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "agents")


def temporaries(workspace: Workspace) -> list[Path]:
    return list((workspace.root / "ann").glob(".longhaul-*.tmp"))


def test_what_was_written_is_read(workspace: Workspace) -> None:
    for content in (OLD, b"", bytes(range(256)), NEW):
        workspace.replace("ann", "notes/plan.md", content)
        assert workspace.read("ann", "notes/plan.md") == content
    assert workspace.listing("ann") == ("notes/plan.md",)


def test_people_may_read_the_files_whatever_the_umask(workspace: Workspace) -> None:
    before = os.umask(0o077)
    try:
        workspace.replace("ann", "notes/plan.md", NEW)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((workspace.root / path).stat().st_mode) for path in ("ann", "ann/notes", "ann/notes/plan.md")]
    assert modes == [0o755, 0o755, 0o644]


def test_the_directory_of_a_person_keeps_its_mode(workspace: Workspace) -> None:
    (workspace.root / "ann").mkdir(parents=True, mode=0o700)
    workspace.replace("ann", "memory.md", NEW)
    assert stat.S_IMODE((workspace.root / "ann").stat().st_mode) == 0o700


def test_an_old_name_of_the_file_keeps_the_old_content(workspace: Workspace, tmp_path: Path) -> None:
    """A replaced file is another file: a hard link, as a backup makes one, is not written through."""
    workspace.replace("ann", "memory.md", OLD)
    (tmp_path / "backup").hardlink_to(workspace.root / "ann" / "memory.md")
    workspace.replace("ann", "memory.md", NEW)
    assert (tmp_path / "backup").read_bytes() == OLD


def test_the_points_are_told_in_their_order(workspace: Workspace) -> None:
    workspace.replace("ann", "memory.md", OLD)
    seen: list[tuple[str, bytes | None]] = []
    workspace.replace(
        "ann", "memory.md", NEW, at=lambda point: seen.append((point, workspace.read("ann", "memory.md")))
    )
    assert seen == [("before_rename", OLD), ("after_rename", NEW)]


def _write_in_turns(root: Path, letter: bytes) -> None:
    for _ in range(ROUNDS):
        Workspace(root).replace("ann", "memory.md", letter * SIZE)


def test_two_processes_never_tear_a_file(workspace: Workspace) -> None:
    whole = {b"a" * SIZE, b"b" * SIZE}
    workspace.replace("ann", "memory.md", b"a" * SIZE)
    writers = [SPAWN.Process(target=_write_in_turns, args=(workspace.root, letter)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    deadline, reads = time.monotonic() + SECONDS, 0
    while any(writer.is_alive() for writer in writers) and time.monotonic() < deadline:
        assert workspace.read("ann", "memory.md") in whole
        reads += 1
    for writer in writers:
        writer.join(SECONDS)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert reads > 0
    assert temporaries(workspace) == []


def _die_at(root: Path, fatal: str) -> None:
    def strike(point: str) -> None:
        if point == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    Workspace(root).replace("ann", "memory.md", NEW, at=strike)


@pytest.mark.parametrize(("point", "expected", "left"), [("before_rename", OLD, 1), ("after_rename", NEW, 0)])
def test_a_killed_writer_leaves_the_old_file_or_the_new_one(
    workspace: Workspace, point: str, expected: bytes, left: int
) -> None:
    workspace.replace("ann", "memory.md", OLD)
    writer = SPAWN.Process(target=_die_at, args=(workspace.root, point))
    writer.start()
    writer.join(SECONDS)
    assert writer.exitcode == -signal.SIGKILL
    assert workspace.read("ann", "memory.md") == expected
    assert len(temporaries(workspace)) == left
    assert workspace.listing("ann") == ("memory.md",)


def _write_for_ever(root: Path) -> None:
    while True:
        Workspace(root).replace("ann", "memory.md", NEW)
        Workspace(root).replace("ann", "memory.md", OLD)


def test_a_writer_killed_at_any_moment_tears_nothing(workspace: Workspace) -> None:
    for round_ in range(8):
        workspace.replace("ann", "memory.md", b"first")
        writer = SPAWN.Process(target=_write_for_ever, args=(workspace.root,))
        writer.start()
        _await_change(workspace)
        time.sleep(round_ * 0.0007)  # another moment of the write each time
        writer.kill()
        writer.join(SECONDS)
        assert workspace.read("ann", "memory.md") in (OLD, NEW)


def _await_change(workspace: Workspace) -> None:
    deadline = time.monotonic() + SECONDS
    while workspace.read("ann", "memory.md") == b"first":
        assert time.monotonic() < deadline, "the writer wrote nothing"


def test_what_a_killed_writer_left_is_removed_after_an_hour(workspace: Workspace) -> None:
    workspace.replace("ann", "memory.md", OLD)
    kept = [LEFTOVER, ".longhaul-x.tmp", "x.tmp", ".longhaul-0123456789abcdef.tmp.md"]
    gone = LEFTOVER.replace("0", "1")
    for name in (*kept, gone):
        (workspace.root / "ann" / name).write_bytes(b"half")
    hour_ago = time.time() - ABANDONED_SECONDS - 5
    for name in (*kept[1:], gone):
        os.utime(workspace.root / "ann" / name, (hour_ago, hour_ago))
    workspace.replace("ann", "memory.md", NEW)
    left = {file.name for file in (workspace.root / "ann").iterdir()}
    assert left == {"memory.md", *kept}


def test_a_directory_with_a_temporary_name_hinders_nobody(workspace: Workspace) -> None:
    (workspace.root / "ann" / LEFTOVER).mkdir(parents=True)
    os.utime(workspace.root / "ann" / LEFTOVER, (0, 0))
    workspace.replace("ann", "memory.md", NEW)
    assert workspace.read("ann", "memory.md") == NEW


def _write_with_no_room(root: Path, said: "multiprocessing.SimpleQueue[str]") -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, SIZE))
    try:
        Workspace(root).replace("ann", "notes/plan.md", NEW)
    except OSError as error:
        said.put(str(error))


def test_a_write_that_fails_leaves_the_old_file_and_names_it(workspace: Workspace) -> None:
    workspace.replace("ann", "notes/plan.md", OLD)
    said: multiprocessing.SimpleQueue[str] = SPAWN.SimpleQueue()
    writer = SPAWN.Process(target=_write_with_no_room, args=(workspace.root, said))
    writer.start()
    writer.join(SECONDS)
    assert said.get() == "[Errno 27] notes/plan.md of agent ann was not written: File too large"
    assert workspace.read("ann", "notes/plan.md") == OLD
    assert list((workspace.root / "ann" / "notes").iterdir()) == [workspace.root / "ann" / "notes" / "plan.md"]


def test_an_interrupted_write_leaves_the_old_file_and_no_other(workspace: Workspace) -> None:
    workspace.replace("ann", "memory.md", OLD)

    def interrupt(point: str) -> None:
        raise KeyboardInterrupt(point)

    with pytest.raises(KeyboardInterrupt):
        workspace.replace("ann", "memory.md", NEW, at=interrupt)
    assert workspace.read("ann", "memory.md") == OLD
    assert temporaries(workspace) == []


def test_no_open_file_is_left_behind(workspace: Workspace) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    workspace.replace("ann", "notes/plan.md", OLD)
    (workspace.root / "ann" / "link").symlink_to("notes")
    before = open_files()
    for path in ("notes/plan.md", "notes/absent", "no/such/folder", "link/plan.md", "notes"):
        with suppress(Refused):
            workspace.read("ann", path)
            workspace.replace("ann", path, NEW)
    workspace.listing("ann")
    assert open_files() == before
