"""One process at a time holds an agent's files; a killed one holds nothing."""

import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from stores.workspace import Workspace

SPAWN = multiprocessing.get_context("spawn")
SECONDS = 30.0


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "agents")


def _hold(root: Path, held: Event, release: Event) -> None:
    with Workspace(root).locked("ann", SECONDS):
        held.set()
        release.wait(SECONDS)


@contextmanager
def another_process(workspace: Workspace) -> Iterator[tuple[multiprocessing.process.BaseProcess, Event]]:
    """A process that holds ann's files until it is told to release them."""
    held, release = SPAWN.Event(), SPAWN.Event()
    holder = SPAWN.Process(target=_hold, args=(workspace.root, held, release))
    holder.start()
    try:
        assert held.wait(SECONDS)
        yield holder, release
    finally:
        holder.kill()
        holder.join(SECONDS)


def test_a_lock_that_is_not_freed_in_time_says_whose_files_and_how_long(workspace: Workspace) -> None:
    said = "the files of agent ann were in use by another process for 0.2 s"
    with another_process(workspace), pytest.raises(TimeoutError, match=said), workspace.locked("ann", 0.2):
        pass


def test_who_waits_gets_the_lock_when_it_is_freed(workspace: Workspace) -> None:
    with another_process(workspace) as (_, release):
        threading.Timer(0.1, release.set).start()
        with workspace.locked("ann", SECONDS):
            assert release.is_set()


def test_a_killed_holder_holds_nothing(workspace: Workspace) -> None:
    with another_process(workspace) as (holder, _):
        holder.kill()
        with workspace.locked("ann", SECONDS):
            pass
        holder.join(SECONDS)
        assert holder.exitcode == -signal.SIGKILL


def test_the_files_of_another_agent_are_free(workspace: Workspace) -> None:
    with another_process(workspace), workspace.locked("bob", 0.2):
        pass


def test_the_lock_is_free_again_after_an_error(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="mine"), workspace.locked("ann", 0.2):
        raise ValueError("mine")
    with workspace.locked("ann", 0.2):
        pass


def _count(root: Path, times: int) -> None:
    workspace = Workspace(root)
    for _ in range(times):
        with workspace.locked("ann", SECONDS):
            number = int(workspace.read("ann", "number") or b"0")
            workspace.replace("ann", "number", str(number + 1).encode())


def test_nothing_is_lost_between_read_and_replace_under_the_lock(workspace: Workspace) -> None:
    counters = [SPAWN.Process(target=_count, args=(workspace.root, 15)) for _ in range(3)]
    for counter in counters:
        counter.start()
    deadline = time.monotonic() + SECONDS
    for counter in counters:
        counter.join(max(0.0, deadline - time.monotonic()))
    assert [counter.exitcode for counter in counters] == [0, 0, 0]
    assert workspace.read("ann", "number") == b"45"
