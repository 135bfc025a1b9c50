"""Who may do what in Postgres. Roles belong to the whole cluster, tables to one database.

    longhaul_owner    owns the tables, and applies migrations
    longhaul_app      workers and the command line: adds to the journal, keeps the tables that follow from it
    longhaul_auditor  reads everything, changes nothing

A login is one of these roles itself, or one that was granted it. What each may do is stated here and put right after
every migration, so that a new table needs no grant of its own: all read it and the app writes it, unless it is named
here as written once.
"""

import contextlib
from collections.abc import Iterator
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.errors import DuplicateObject, InsufficientPrivilege, UniqueViolation

from domain.errors import LonghaulError

OWNER, APP, AUDITOR = ROLES = ("longhaul_owner", "longhaul_app", "longhaul_auditor")

WRITTEN_ONCE = ("agent_events", "artifacts")
"""The app adds rows here, and can never change one or take one away."""

FOR_THE_OWNER = ("migrations", "irregular_words")
"""The app only reads these."""

MADE_BEFORE = (
    "migrations", "agent_events", "outbox", "artifacts", "agent_tasks", "todo_items", "memory_entries", "documents",
)  # fmt: skip
"""The tables of releases without roles: whoever made them hands them to the owner."""

FOREIGN = """
select relname from pg_class
 where relnamespace = current_schema()::regnamespace and relname = any(%s) and relowner <> %s::regrole
"""

OWNED = """
select relname, relkind in ('r', 'p') from pg_class
 where relnamespace = current_schema()::regnamespace and relowner = %s::regrole and relkind in ('r', 'p', 'v', 'm')
"""


class NotPermitted(LonghaulError):
    """This Postgres user may not change schema or journal; set LONGHAUL_POSTGRES_OWNER_DSN, see docs/security.md."""


def act_as_owner(connection: psycopg.Connection) -> None:
    """Has the roles, and the database prepared for them; the rest of the transaction is the owner's.

    Raises `NotPermitted` for a user who is neither the owner, nor an administrator who can make one.
    """
    with _told_plainly():
        for role in ROLES:
            _make(connection, role)
        _join(connection)
        hand_over(connection)
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(OWNER)))
        connection.execute("set local longhaul.agent = '*'")  # a migration sees every agent's rows


def hand_over(connection: psycopg.Connection) -> None:
    """Lets the owner make tables, and own those that were made before there was one."""
    if not _holds(connection, "select has_schema_privilege(%s, current_schema(), 'create')", OWNER):
        _run(connection, "grant usage, create on schema public to {}", OWNER)
    for (table,) in connection.execute(FOREIGN, (list(MADE_BEFORE), OWNER)).fetchall():
        _run(connection, "alter table {} owner to {}", table, OWNER)


def state_grants(connection: psycopg.Connection) -> None:
    """Gives each role what it needs on every table and view of the owner's, and takes away all else."""
    for name, is_table in connection.execute(OWNED, (OWNER,)).fetchall():
        _run(connection, "revoke all on {} from {}, {}", name, APP, AUDITOR)
        _run(connection, "grant select on {} to {}, {}", name, APP, AUDITOR)
        if is_table and name not in FOR_THE_OWNER:
            writes = "insert" if name in WRITTEN_ONCE else "insert, update, delete"
            _run(connection, f"grant {writes} on {{}} to {{}}", name, APP)


def let_log_in(connection: psycopg.Connection, role: str, password: str) -> None:
    """Has the role, with this password; only its SCRAM verifier goes to the server, and so into no log."""
    _make(connection, role)
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("alter role {} login password {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(verifier)))


def _make(connection: psycopg.Connection, role: str) -> None:
    if not _holds(connection, "select exists (select from pg_roles where rolname = %s)", role):
        with contextlib.suppress(DuplicateObject, UniqueViolation), connection.transaction():  # another database's
            _run(connection, "create role {}", role)


def _join(connection: psycopg.Connection) -> None:
    if not _holds(connection, "select pg_has_role(%s, 'set')", OWNER):
        _run(connection, "grant {} to current_user", OWNER)


def _holds(connection: psycopg.Connection, query: LiteralString, name: str) -> bool:
    row = connection.execute(query, (name,)).fetchone()
    return bool(row and row[0])


def _run(connection: psycopg.Connection, statement: LiteralString, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


@contextlib.contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except InsufficientPrivilege as error:
        raise NotPermitted(str(error).splitlines()[0]) from error
