"""Where a campaign takes place: the installation under faults, all of it children of this process."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
from psycopg import sql
from pydantic import SecretStr

from bench.own import own_stack
from chaos.campaign.edge import Edge
from chaos.campaign.fleet import Fleet
from chaos.campaign.observer import Observer
from chaos.campaign.postgres_edge import PostgresEdge
from chaos.campaign.tools import TABLE
from settings import Settings
from stack import local
from stack.database import DATABASE
from stack.places import find_places
from stack.postgres import Postgres
from stack.records import read_record
from starter.client import Longhaul
from stores import postgres, roles

HEARTBEAT_SECONDS = 1.0
TASK_SECONDS = 2.0
UPKEEP_SECONDS = 3.0
CALLS_PER_MINUTE = 1_000_000


@dataclass(frozen=True)
class Servers:
    """The running services, their addresses past every edge, and a folder for what is written beside them."""

    settings: Settings
    folder: Path

    def start(self, name: local.ServiceName) -> None:
        local.start_one(self.settings, name, _silent)

    def kill(self, name: local.ServiceName) -> None:
        kill_whole(self.pid(name))

    def pid(self, name: local.ServiceName) -> int:
        record = read_record(self.settings.home, name)
        assert record is not None
        return record.pid

    def back_up_postgres(self, to: Path) -> None:
        """A copy of the whole cluster, as it is when it is shut down."""
        local.stop_one(self.settings, "postgres", _silent)
        subprocess.run(["cp", "-a", str(self.data / "postgres"), str(to)], check=True)  # noqa: S603, S607 - keeps owners
        self.start("postgres")

    def restore_postgres(self, backup: Path) -> None:
        """The copy takes the place of what came since."""
        local.stop_one(self.settings, "postgres", _silent)
        shutil.rmtree(self.data / "postgres")
        subprocess.run(["cp", "-a", str(backup), str(self.data / "postgres")], check=True)  # noqa: S603, S607 - the same
        self.start("postgres")

    @property
    def data(self) -> Path:
        """Where Postgres and Redis keep theirs."""
        return find_places(self.settings.home).data

    @property
    def temporal_database(self) -> list[Path]:
        return list((self.settings.home / "stack" / "temporal").glob("temporal.db*"))

    def admin_dsn(self, database: str) -> str:
        record = read_record(self.settings.home, "postgres")
        assert record is not None
        return Postgres(self.settings, find_places(self.settings.home), _silent).dsn(record.ports["postgres"], database)

    def database(self, name: str) -> Settings:
        """The settings of a run of its own on these servers: database, task queue, home and crash points.

        Its database is a copy of the servers' first one, which nobody uses.
        """
        with psycopg.connect(self.admin_dsn("postgres"), autocommit=True) as connection:
            create = sql.SQL("create database {} template {} strategy file_copy owner longhaul_owner")
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(DATABASE)))
        folder = self.folder / name
        (folder / "crash").mkdir(parents=True)
        own = {
            "home": folder / "home",
            "postgres_dsn": SecretStr(_on(name, self.settings.needed("postgres_dsn"))),
            "postgres_owner_dsn": SecretStr(_on(name, self.settings.migrations_dsn)),
            "task_queue": name,
            "heartbeat_seconds": HEARTBEAT_SECONDS,
            "workflow_task_timeout_seconds": TASK_SECONDS,
            "upkeep_seconds": UPKEEP_SECONDS,
            "model_calls_per_minute": CALLS_PER_MINUTE,
            "tool_calls_per_minute": CALLS_PER_MINUTE,
            "crash_points": folder / "crash",
        }
        return self.settings.model_copy(update=own)


def kill_whole(pid: int) -> None:
    """SIGKILL of a server and all of its processes at once: none of them ends another in order."""
    server = psutil.Process(pid)
    processes = [server, *server.children(recursive=True)]
    server.suspend()
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=10)


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Postgres, Valkey and Temporal of the campaign's own; nothing is left of them."""
    with own_stack(Settings(), say=_silent) as settings:
        with psycopg.connect(settings.migrations_dsn) as connection:
            connection.execute(TABLE)
            roles.state_grants(connection)
        yield Servers(settings, folder)


@dataclass(frozen=True)
class Arena:
    """One run's installation. `there` are its settings past the edges; `longhaul` and `observer` use those."""

    servers: Servers
    there: Settings
    fleet: Fleet
    postgres: PostgresEdge
    redis: Edge
    temporal: Edge
    longhaul: Longhaul
    observer: Observer

    @property
    def edges(self) -> tuple[Edge, ...]:
        return (self.postgres, self.redis, self.temporal)

    def file(self, agent: str, name: str) -> Path:
        """A file of an agent."""
        return self.there.home / "agents" / agent / name


@contextlib.asynccontextmanager
async def arena(found: Servers, name: str, world: str, workers: int, without: str = "") -> AsyncIterator[Arena]:
    """A run of its own with its workers at work behind edges. `without` is the safeguard that they lack."""
    there = await asyncio.to_thread(found.database, name)
    async with contextlib.AsyncExitStack() as stack:
        pg = await stack.enter_async_context(PostgresEdge.before(there.needed("postgres_dsn")))
        redis = await stack.enter_async_context(_before(there.needed("redis_url")))
        temporal = await stack.enter_async_context(_before(f"//{there.temporal_address}"))
        behind = there.model_copy(
            update={
                "postgres_dsn": SecretStr(pg.dsn),
                "redis_url": SecretStr(_moved(there.needed("redis_url"), redis.port)),
                "temporal_address": f"127.0.0.1:{temporal.port}",
            }
        )
        fleet = Fleet(behind, world, found.folder / name, workers, without)
        stack.callback(fleet.end_all)
        await stack.enter_async_context(_task(fleet.keep()))
        longhaul = await stack.enter_async_context(Longhaul.connect(there))
        observing = await stack.enter_async_context(postgres.pool(there.needed("postgres_dsn"), size=2))
        observer = Observer(observing)
        await stack.enter_async_context(_task(observer.look_on()))
        await fleet.ready()
        yield Arena(found, there, fleet, pg, redis, temporal, longhaul, observer)


@contextlib.contextmanager
def world(folder: Path) -> Iterator[str]:
    """The world as a process of its own; its address."""
    command = [sys.executable, "-m", "chaos.campaign.world", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ourselves
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


@contextlib.asynccontextmanager
async def _task(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def _before(address: str) -> AsyncIterator[Edge]:
    url = urlsplit(address)
    assert url.hostname is not None and url.port is not None
    async with Edge(url.hostname, url.port).listening() as edge:
        yield edge


def _moved(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}").geturl()


def _on(database: str, dsn: str) -> str:
    return dsn.rpartition("/")[0] + f"/{database}"


def _silent(_: str) -> None:
    """That servers come and go is no news here."""
