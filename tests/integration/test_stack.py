"""The local stack with its real binaries: each test has a home of its own, and ends what it started."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
from pydantic import SecretStr
from redis import Redis
from temporalio.client import Client

from settings import Settings
from stack import local, workers
from stack.account import drop_to, service_account
from stack.doctor import doctor
from stack.endpoints import Endpoints
from stack.errors import BinaryMissing, DataUnusable, DiskFull, HomeUnusable, PortTaken, ServiceDied
from stack.places import SYSTEM_STATE, tag
from stack.processes import birth, wait_until
from stack.records import read_record
from stack.remove import remove

NAMES: tuple[local.ServiceName, ...] = ("postgres", "redis", "temporal")
SLEEPER = [sys.executable, "-c", "import time; print('polling', flush=True); time.sleep(600)"]


class Stack:
    """One home, and what its commands said."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = Settings(home=root / "home")
        self.said: list[str] = []

    def up(self, *flags: str) -> Endpoints:
        return local.up(self.settings, self.said.append, flags)

    def start(self, name: local.ServiceName, *flags: str) -> Endpoints:
        return local.start_one(self.settings, name, self.said.append, flags)

    def kill(self, name: str) -> None:
        """From outside, as an operator's `kill -9` does it."""
        os.kill(self.pids()[name], signal.SIGKILL)
        assert wait_until(lambda: self.states()[name] == "dead", 10)

    def states(self) -> dict[str, str]:
        return {each.name: each.state for each in local.status(self.settings)}

    def pids(self) -> dict[str, int]:
        return {each.name: each.pid for each in local.status(self.settings) if each.pid}

    def heard(self, words: str) -> bool:
        return any(words in line for line in self.said)

    def settle(self, **changes: object) -> None:
        self.settings = self.settings.model_copy(update=changes)


Make = Callable[[], Stack]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    for name in [name for name in os.environ if name.startswith(("LONGHAUL_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    made: list[Stack] = []

    def make_one() -> Stack:
        folder = Path(tempfile.mkdtemp(prefix="longhaul-test-", dir="/var/tmp"))
        folder.chmod(0o755)  # the account that Postgres runs as must be able to enter
        made.append(Stack(folder))
        return made[-1]

    yield make_one
    for each in made:
        remove(Settings(home=each.root / "home"), each.said.append)
        shutil.rmtree(each.root)


@pytest.fixture
def stack(make: Make) -> Stack:
    return make()


@pytest.fixture
def other_port() -> Iterator[int]:
    """A loopback port that someone else listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def count_rows(endpoints: Endpoints) -> int:
    with psycopg.connect(endpoints.postgres_owner_dsn or "") as link:
        link.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        link.execute("INSERT INTO kept VALUES (1)")
        rows = link.execute("SELECT count(*) FROM kept").fetchone()
    psycopg.connect(endpoints.postgres_dsn or "").close()
    return int(rows[0]) if rows else 0


async def test_what_up_returns_can_be_used(stack: Stack) -> None:
    endpoints = stack.up()
    assert count_rows(endpoints) == 1
    with Redis.from_url(endpoints.redis_url or "") as redis:
        assert redis.ping()
    client = await Client.connect(**stack.settings.with_stack(endpoints).temporal_connect_config())
    assert [each async for each in client.list_workflows("AgentId = 'nobody' AND StepsDone > 3")] == []


def test_no_password_can_be_read_by_another_user(stack: Stack) -> None:
    endpoints = stack.up()
    arguments = " ".join(word for pid in stack.pids().values() for word in psutil.Process(pid).cmdline())
    for url in (endpoints.postgres_dsn, endpoints.postgres_owner_dsn, endpoints.redis_url):
        password = (url or "").split("@")[0].rsplit(":", 1)[1]
        assert len(password) > 20
        assert password not in arguments
        assert password not in repr(endpoints)
    open_files = [path for path in stack.settings.home.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert not [path for path in open_files if path.suffix in (".json", ".password", ".conf")]


def test_a_second_up_finds_the_first(stack: Stack) -> None:
    first, pids = stack.up(), stack.pids()
    stack.said.clear()
    assert stack.up() == first
    assert stack.pids() == pids
    assert all("already runs" in line for line in stack.said)


def test_down_ends_everything_and_keeps_the_data_and_the_ports(stack: Stack) -> None:
    endpoints, pids = stack.up(), stack.pids()
    assert count_rows(endpoints) == 1
    local.down(stack.settings, stack.said.append)
    assert not any(birth(pid) for pid in pids.values())
    assert set(stack.states().values()) == {"stopped"}
    assert Endpoints.load(stack.settings.home) is None
    assert stack.up() == endpoints
    assert count_rows(endpoints) == 2


@pytest.mark.parametrize("name", NAMES)
def test_up_restarts_the_killed_service_and_no_other(stack: Stack, name: local.ServiceName) -> None:
    endpoints, pids = stack.up(), stack.pids()
    assert count_rows(endpoints) == 1
    stack.kill(name)
    assert stack.up() == endpoints
    changed = {each for each in NAMES if stack.pids()[each] != pids[each]}
    assert changed == {name}
    assert count_rows(endpoints) == 2


@pytest.mark.parametrize("holder", ["another process", "an unreaped zombie"])
def test_a_stale_lock_file_of_postgres_does_not_block_it(stack: Stack, holder: str) -> None:
    assert count_rows(stack.start("postgres")) == 1
    stack.kill("postgres")
    lives = 600 if holder == "another process" else 2  # long enough for the shell to become one that reaps nobody
    parent = subprocess.Popen(
        ["/bin/sh", "-c", f"sleep {lives} & echo $!; exec sleep 600"],
        cwd="/",
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **drop_to(service_account()),
    )
    assert parent.stdout
    with parent.stdout as out:
        reused = int(out.readline())
    while holder == "an unreaped zombie" and psutil.Process(reused).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)
    lock = find_data(stack) / "postgres" / "postmaster.pid"
    lock.write_text("\n".join([str(reused), *lock.read_text().splitlines()[1:]]))
    try:
        assert count_rows(stack.start("postgres")) == 2
        assert psutil.pid_exists(reused)
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.wait()


def find_data(stack: Stack) -> Path:
    return stack.settings.home / "stack"


def test_a_pid_that_is_another_process_by_now_is_not_ended(stack: Stack) -> None:
    stack.start("redis")
    stack.kill("redis")
    with subprocess.Popen(["sleep", "600"]) as innocent:
        record = read_record(stack.settings.home, "redis")
        assert record
        record.model_copy(update={"pid": innocent.pid}).save()
        assert stack.states()["redis"] == "dead"
        local.down(stack.settings, stack.said.append)
        assert innocent.poll() is None
        innocent.kill()


def test_what_an_interrupted_up_left_is_replaced(stack: Stack) -> None:
    stack.start("redis")
    old = stack.pids()["redis"]
    (stack.settings.home / "stack" / "run" / "redis.json").unlink()
    stack.start("redis")
    assert stack.heard(f"ending pid {old}")
    assert birth(old) is None
    assert stack.pids()["redis"] != old


def test_a_copied_home_does_not_touch_the_stack_of_the_original(make: Make) -> None:
    original, copy = make(), make()
    original.start("redis")
    shutil.copytree(original.settings.home, copy.settings.home)
    assert Endpoints.load(copy.settings.home) is None
    local.down(copy.settings, copy.said.append)
    assert original.states()["redis"] == "running"


def test_two_homes_start_at_once_and_share_nothing(make: Make) -> None:
    stacks = [make(), make()]
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(Stack.up, stacks)
    assert first.temporal_address != second.temporal_address
    assert first.ui_url != second.ui_url
    assert [count_rows(each) for each in (first, second)] == [1, 1]
    local.down(stacks[0].settings, stacks[0].said.append)
    assert set(stacks[1].states().values()) == {"running"}


def test_two_commands_on_one_home_take_turns(stack: Stack) -> None:
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda _: stack.up(), range(2))
    assert first == second
    assert stack.heard("waiting for it")
    assert sum("already runs" in line for line in stack.said) == len(NAMES)


def test_a_taken_port_that_was_asked_for_is_an_error(stack: Stack, other_port: int) -> None:
    stack.settle(redis_port=other_port)
    with pytest.raises(PortTaken, match=rf"LONGHAUL_REDIS_PORT is {other_port}, used by \S+ \(pid {os.getpid()}\)"):
        stack.start("redis")


def test_a_port_taken_since_the_last_run_is_replaced_and_said(stack: Stack, other_port: int) -> None:
    stack.start("redis")
    local.stop_one(stack.settings, "redis", stack.said.append)
    record = read_record(stack.settings.home, "redis")
    assert record
    record.model_copy(update={"ports": {"redis": other_port}}).save()
    endpoints = stack.start("redis")
    assert stack.heard(f"port {other_port} is used by")
    assert str(other_port) not in (endpoints.redis_url or "")


def test_a_home_that_cannot_be_written_is_told_in_a_sentence(stack: Stack) -> None:
    blocked = stack.root / "file"
    blocked.touch()
    stack.settle(home=blocked / "home")
    with pytest.raises(HomeUnusable, match=r"set LONGHAUL_HOME to a directory that user .* can write"):
        stack.up()
    assert any(each.verdict == "bad" and "LONGHAUL_HOME" in (each.fix or "") for each in doctor(stack.settings))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to an account that cannot enter every home")
def test_a_home_that_postgres_cannot_enter_gets_a_private_directory(stack: Stack) -> None:
    stack.settings.home.mkdir(mode=0o700)
    assert count_rows(stack.start("postgres")) == 1
    assert stack.heard("the data goes to /var/lib/longhaul/")
    local.down(stack.settings, stack.said.append)
    shutil.rmtree(stack.settings.home)
    stack.settings.home.mkdir(mode=0o700)
    assert count_rows(stack.start("postgres")) == 1, "a fresh home must not meet the data of a removed one"
    for aside in SYSTEM_STATE.glob(f"{tag(stack.settings.home)}.*"):
        shutil.rmtree(aside)


def test_a_full_disk_is_told_in_a_sentence(stack: Stack) -> None:
    home = stack.settings.home
    home.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "none", home], check=False).returncode
    ):
        pytest.skip("a small disk cannot be mounted here")
    try:
        with pytest.raises(DiskFull, match="MB left; free some space"):
            stack.start("postgres")
        assert [each.verdict for each in doctor(stack.settings) if each.what == "disk"] == ["bad"]
    finally:
        subprocess.run(["umount", home], check=True)


def test_a_missing_program_is_named(stack: Stack) -> None:
    stack.settle(temporal_bin=Path("/nowhere/temporal"))
    with pytest.raises(BinaryMissing, match="LONGHAUL_TEMPORAL_BIN is /nowhere/temporal"):
        stack.start("temporal")


def test_a_lost_password_is_found_before_the_start(stack: Stack) -> None:
    stack.start("postgres")
    local.stop_one(stack.settings, "postgres", stack.said.append)
    (find_data(stack) / "postgres.password").unlink()
    with pytest.raises(DataUnusable, match=r"lacks .*postgres\.password"):
        stack.start("postgres")


def test_a_service_that_dies_at_its_start_shows_its_last_words(stack: Stack) -> None:
    with pytest.raises(ServiceDied, match="unknown flag: --no-such-flag"):
        stack.start("temporal", "--no-such-flag")


def test_more_flags_reach_the_temporal_server(stack: Stack) -> None:
    flags = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=50")
    stack.start("temporal", *flags)
    assert psutil.Process(stack.pids()["temporal"]).cmdline()[-2:] == list(flags)


def test_an_external_service_is_not_started(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    stack.settings = Settings(home=stack.settings.home, redis_url=SecretStr("redis://:secret@cache.example:6379/0"))
    endpoints = stack.up()
    assert stack.states() == {"postgres": "running", "redis": "external", "temporal": "external"}
    assert endpoints.temporal_address == "temporal.example:7233"
    assert [each.address for each in local.status(stack.settings)][1:] == [
        "cache.example:6379",
        "temporal.example:7233",
    ]
    assert not stack.heard("secret")


def test_workers_are_started_shown_and_ended_first(stack: Stack) -> None:
    stack.start("redis")
    records = workers.start_workers(stack.settings, 2, SLEEPER, stack.said.append, ready_line="polling")
    assert [each.name for each in records] == ["worker-1", "worker-2"]
    stack.kill("worker-2")
    again = workers.start_workers(stack.settings, 2, SLEEPER, stack.said.append, ready_line="polling")
    assert again[0].pid == records[0].pid
    assert stack.states() | {"postgres": "", "temporal": ""} == {
        "postgres": "", "redis": "running", "temporal": "", "worker-1": "running", "worker-2": "running"
    }  # fmt: skip
    stack.said.clear()
    local.down(stack.settings, stack.said.append)
    assert stack.said == ["worker-1 ended", "worker-2 ended", "Valkey ended"]


def test_a_worker_that_dies_at_its_start_shows_its_last_words(stack: Stack) -> None:
    stack.start("redis")
    with pytest.raises(ServiceDied, match="no such model"):
        workers.start_workers(
            stack.settings, 1, ["/bin/sh", "-c", "echo no such model; exit 2"], print, ready_line="polling"
        )
