"""Migrations: `migrations/NNNN_name.sql`, each applied once, in order, under an advisory lock, and checksummed.

They run as `longhaul_owner`; afterwards each role has its rights (`stores/roles.py`). One that begins with
`-- needs the extension NAME` waits until an administrator has made that extension.
"""

import hashlib
import re
from importlib.resources import files

import psycopg

from domain.errors import LonghaulError
from stores import roles

LOCK = 7_406_129
NEEDS = re.compile(r"-- needs the extension (\w+)\n")


class MigrationChanged(LonghaulError):
    """A migration that was applied already has since been edited (add a new one instead)."""


def migrations() -> list[tuple[str, str]]:
    """Every migration's name and text, in order."""
    folder = files("stores") / "migrations"
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(name, (folder / name).read_text(encoding="utf-8")) for name in found]


def migrate(dsn: str) -> list[str]:
    """Applies what is missing, all in one transaction; returns the names applied. Raises `roles.NotPermitted`."""
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        roles.act_as_owner(connection)
        connection.execute(
            "create table if not exists migrations"
            " (name text primary key, sha256 text not null, at timestamptz not null default now())"
        )
        known: dict[str, str] = dict(connection.execute("select name, sha256 from migrations").fetchall())
        applied = [name for name, text in migrations() if _apply(connection, name, text, known.get(name))]
        roles.state_grants(connection)
    return applied


def _apply(connection: psycopg.Connection, name: str, text: str, known: str | None) -> bool:
    checksum = hashlib.sha256(text.encode()).hexdigest()
    if known is not None:
        if known != checksum:
            raise MigrationChanged(name)
        return False
    if (needed := NEEDS.match(text)) and not _has(connection, needed[1]):
        return False
    connection.execute(text.encode())
    connection.execute("insert into migrations (name, sha256) values (%s, %s)", (name, checksum))
    return True


def _has(connection: psycopg.Connection, extension: str) -> bool:
    query = "select exists (select from pg_extension where extname = %s)"
    row = connection.execute(query, (extension,)).fetchone()
    return bool(row and row[0])
