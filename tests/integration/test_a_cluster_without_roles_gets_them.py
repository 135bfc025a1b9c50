"""Data of a release without roles goes on, and docker-compose.yml makes the same roles as the stack of one machine."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml

from settings import Settings
from stack import local
from stack.places import find_places
from stack.postgres import Postgres, postgres_package
from stack.records import read_record
from stores.migrate import migrate
from stores.roles import ROLES
from tests.conftest import Stack

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"


def _silent(_: str) -> None:
    """Tests print nothing."""


@pytest.fixture
def cluster(stack: Stack) -> Iterator[Settings]:
    """A Postgres of its own, as the releases without roles made it. (`stack` is asked for its clean environment.)"""
    root = Path(tempfile.mkdtemp(prefix="longhaul-test-", dir="/var/tmp"))
    root.chmod(0o755)
    settings = Settings(home=root / "home")
    local.start_one(settings, "postgres", _silent)
    with psycopg.connect(_admin(settings), autocommit=True) as link:
        link.execute("alter database longhaul owner to longhaul")
        for role in ROLES:
            link.execute(f"drop owned by {role}".encode())
            link.execute(f"drop role {role}".encode())
        link.execute("create table artifacts (sha256 text)")
    for password in find_places(settings.home).data.glob("postgres.longhaul_*.password"):
        password.unlink()
    yield settings
    local.down(settings, _silent)
    shutil.rmtree(root)


def _admin(settings: Settings) -> str:
    record = read_record(settings.home, "postgres")
    assert record is not None
    return Postgres(settings, find_places(settings.home), _silent).dsn(record.ports["postgres"], "longhaul")


@pytest.mark.parametrize("restarted", [False, True])
def test_up_makes_the_roles_and_hands_the_tables_over(cluster: Settings, restarted: bool) -> None:
    if restarted:
        local.stop_one(cluster, "postgres", _silent)
    endpoints = local.start_one(cluster, "postgres", _silent)
    with psycopg.connect(endpoints.postgres_owner_dsn or "") as owner:
        owner.execute("alter table artifacts add content bytea")
    psycopg.connect(endpoints.postgres_dsn or "").close()


def test_docker_compose_makes_the_same_roles(cluster: Settings) -> None:
    """The script that the image runs on an empty volume, run here by the same `psql`."""
    script = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["configs"]["roles"]["content"].replace("$$", "$")
    at = psycopg.conninfo.conninfo_to_dict(_admin(cluster))
    passwords = {f"{name}_PASSWORD": name.lower() for name in ("OWNER", "APP", "AUDITOR", "TEMPORAL")}
    environment = {
        "PATH": f"{postgres_package() / 'bin'}:{os.environ['PATH']}",
        "PGHOST": str(at["host"]),
        "PGPORT": str(at["port"]),
        "PGPASSWORD": str(at["password"]),
        "POSTGRES_USER": "longhaul",
    }
    with psycopg.connect(_admin(cluster)) as link:
        link.execute("drop table artifacts")
    subprocess.run(["/bin/sh", "-c", script], env={**environment, **passwords}, check=True, capture_output=True)
    where = f"{at['host']}:{at['port']}"
    assert migrate(f"postgresql://longhaul_owner:owner@{where}/longhaul")
    for role, password in (("app", "app"), ("auditor", "auditor")):
        with psycopg.connect(f"postgresql://longhaul_{role}:{password}@{where}/longhaul") as link:
            assert link.execute("select count(*) from agent_events").fetchone() == (0,)
    with psycopg.connect(f"postgresql://temporal_server:temporal@{where}/postgres", autocommit=True) as link:
        link.execute("create database temporal")
