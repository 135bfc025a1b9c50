"""Where the lines are measured: a stack of the run's own, a database for each peer, processes that are our children."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

import bench
from bench.own import say
from bench.peers.counting import Counted, counted
from bench.peers.errand import Errand
from bench.peers.lines import Line
from chaos.campaign.fleet import environment
from settings import Settings
from stack.database import DATABASE
from stack.places import find_places
from stack.postgres import Postgres
from stack.records import read_record
from stores import roles

ROOT = Path(bench.__file__).parent.parent
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
"""The peers' own venv; `make peers` makes it."""
FREELY = 10_000_000
PATIENCE = 300.0
"""Seconds that a run may take, deaths included; one that takes longer has not ended."""
QUIET_SECONDS = 15.0
COMMITS = """
select xact_commit, pg_snapshot_xmax(pg_current_snapshot())::text::bigint from pg_stat_database where datname = %s
"""
CONNECTED = "select count(*) from pg_stat_activity where datname = %s and backend_type = 'client backend'"
EFFECTS = "create table if not exists effects (run text, effect int)"


@dataclass(frozen=True)
class Commits:
    """All transactions of the line's database that were committed, and those of the cluster that wrote."""

    all: int
    wrote: int


class Stage:
    """Starts processes for a line, or for one run of it that dies, and looks at their database."""

    def __init__(self, settings: Settings, line: Line, run: str = "") -> None:
        self.settings = settings
        self.line = line
        self.folder = settings.home / "peers" / line.name
        self.database = DATABASE if line.ours else line.database(run)
        self._process: asyncio.subprocess.Process | None = None

    def prepare(self) -> None:
        """Its folder, and its database with a table for effects."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.line.ours:
            self._administer(sql.SQL("create database {} owner {}").format(_name(self.database), _name(roles.OWNER)))
        with psycopg.connect(self._dsn(roles.OWNER)) as connection:
            connection.execute(EFFECTS)
            if self.line.ours:
                roles.state_grants(connection)

    async def carried(self, errand: Errand) -> bool:
        """Has a process carry the errand out, and another whenever one has died; whether it came to its end."""
        errand.save()
        until, died = time.monotonic() + PATIENCE, False
        while True:
            code = await self._run(errand, died, until - time.monotonic())
            if code != -signal.SIGKILL:
                break
            died = True
        if code != 0:
            say(f"{errand.name} ended with {code}: {self._log(errand).read_text(encoding='utf-8')[-2000:]}")
        return code == 0

    async def _run(self, errand: Errand, died: bool, seconds: float) -> int | None:
        python = sys.executable if self.line.ours else str(PYTHON)
        words = ["-m", self.line.module, errand.path, *(["again"] if died else [])]
        with self._log(errand).open("ab") as log:
            self._process = process = await asyncio.create_subprocess_exec(
                python, *words, cwd=ROOT, env=self._environment(errand), stdout=log, stderr=log
            )
        try:
            return await asyncio.wait_for(process.wait(), max(seconds, 0))
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def counted(self, errand: Errand, run: str) -> Counted:
        """What one of the errand's runs has come to."""
        rows = self._rows(run) if self.line.rows else None
        return counted(errand.witness(run).lines(), errand.effects, rows)

    def _rows(self, run: str) -> list[int]:
        """The run's effects that are rows of Postgres."""
        return [int(row[0]) for row in self.selected("select effect from effects where run = %s", run)]

    def selected(self, statement: LiteralString, *values: str) -> list[tuple[Any, ...]]:
        """What the line's database says."""
        with psycopg.connect(self._dsn(roles.OWNER)) as connection:
            return connection.execute(statement, values).fetchall()

    def kill(self) -> None:
        """SIGKILL for the process that is at work; it is started again like one that killed itself."""
        assert self._process is not None
        self._process.kill()

    async def commits(self) -> Commits:
        """Those so far, once nobody is connected to the database: who leaves tells what he has committed."""
        with psycopg.connect(self._administrators_dsn(), autocommit=True) as connection:
            until = time.monotonic() + QUIET_SECONDS
            while (row := connection.execute(CONNECTED, (self.database,)).fetchone()) and row[0]:
                if time.monotonic() > until:
                    raise TimeoutError(f"somebody is still connected to {self.database}")
                await asyncio.sleep(0.05)
            row = connection.execute(COMMITS, (self.database,)).fetchone()
        assert row is not None
        return Commits(int(row[0]), int(row[1]))

    def _log(self, errand: Errand) -> Path:
        return Path(errand.path).with_suffix(".log")

    def _environment(self, errand: Errand) -> dict[str, str]:
        mine = self.settings.model_copy(
            update={"task_queue": errand.name, "model_calls_per_minute": FREELY, "tool_calls_per_minute": FREELY}
        )
        if self.line.ours:
            return environment(mine, {})
        address = self.settings.temporal_address or ""
        return {**os.environ, "PEERS_DSN": self._dsn(roles.OWNER), "PEERS_TEMPORAL": address}

    def _dsn(self, role: str) -> str:
        postgres, port = self._postgres()
        return postgres.dsn(port, self.database, role)

    def _administrators_dsn(self) -> str:
        postgres, port = self._postgres()
        return postgres.dsn(port, "postgres")

    def _postgres(self) -> tuple[Postgres, int]:
        record = read_record(self.settings.home, "postgres")
        assert record is not None
        return Postgres(self.settings, find_places(self.settings.home), say), record.ports["postgres"]

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._administrators_dsn(), autocommit=True) as connection:
            connection.execute(statement)


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def refuse_without_peers() -> None:
    """Ends with 2 when the peers' venv is not there."""
    if not PYTHON.exists():
        sys.stderr.write(f"The peers' packages are not installed: there is no {PYTHON}. `make peers` installs them.\n")
        raise SystemExit(2)


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Which versions of these packages the peers' venv has."""
    code = "import sys, importlib.metadata as m; print(*(m.version(name) for name in sys.argv[1:]))"
    told = subprocess.run(  # noqa: S603 - our own interpreter
        [str(PYTHON), "-c", code, *packages], check=True, capture_output=True, text=True
    )
    return dict(zip(packages, told.stdout.split(), strict=True))
