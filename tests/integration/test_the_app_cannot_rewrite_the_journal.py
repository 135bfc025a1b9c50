"""The three roles of Postgres: the app adds to the journal and changes nothing in it; the auditor only reads."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from stack.postgres import postgres_package
from stores import roles
from stores.migrate import migrate, migrations
from tests.conftest import Stack

FORBIDDEN_TO_THE_APP = (
    "update agent_events set event_type = 'Nothing'",
    "delete from agent_events",
    "truncate agent_events",
    "drop index one_event_per_message",
    "alter table agent_events drop constraint one_event_per_version",
    "alter table agent_events disable trigger all",
    "drop table agent_events",
    "create rule quiet as on insert to agent_events do instead nothing",
    "update artifacts set content = ''",
    "delete from artifacts",
    "truncate artifacts",
    "drop table outbox",
    "insert into migrations (name, sha256) values ('9999_x.sql', 'x')",
    "create table mine (x int)",
    "set role longhaul_owner",
    "set session_replication_role = replica",
    "alter table memory_entries disable row level security",
    "alter table agent_events no force row level security",
    "drop policy seen on memory_entries",
)

WRITES = ("insert into outbox values ('job/x', 1)", "update agent_tasks set goal = ''", "delete from documents")


@pytest.fixture
def app(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def auditor(stack: Stack, database: str) -> Iterator[psycopg.Connection]:
    """A person's own login, to which the role was granted."""
    name = database.rpartition("/")[2]
    with psycopg.connect(stack.admin_dsn(name), autocommit=True) as admin:
        admin.execute("create role eve login password 'eve' in role longhaul_auditor")
        where = admin.info
        with psycopg.connect(f"postgresql://eve:eve@{where.host}:{where.port}/{name}", autocommit=True) as connection:
            yield connection
        admin.execute("drop role eve")


@pytest.mark.parametrize("statement", FORBIDDEN_TO_THE_APP)
def test_the_app_is_refused(statement: str, app: psycopg.Connection) -> None:
    with pytest.raises(InsufficientPrivilege):
        app.execute(statement.encode())


def test_the_app_does_not_get_past_row_level_security(app: psycopg.Connection) -> None:
    past = app.execute("select rolbypassrls or rolsuper from pg_roles where rolname = current_user").fetchone()
    assert past == (False,)


def test_the_app_keeps_the_tables_that_follow(app: psycopg.Connection) -> None:
    for statement in WRITES:
        app.execute(statement.encode())
    assert app.execute("select count(*) from agent_events").fetchone() == (0,)


def test_the_auditor_reads_everything_and_writes_nothing(auditor: psycopg.Connection) -> None:
    owned = auditor.execute("select relname from pg_class where relowner = 'longhaul_owner'::regrole and relkind = 'r'")
    tables = [name for (name,) in owned]
    assert {"agent_events", "artifacts", "agent_tasks", "migrations"} <= set(tables)
    for table in tables:
        auditor.execute(sql.SQL("table {}").format(sql.Identifier(table)))
        with pytest.raises(InsufficientPrivilege):
            auditor.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
        with pytest.raises(InsufficientPrivilege):
            auditor.execute(sql.SQL("insert into {} default values").format(sql.Identifier(table)))
    for statement in (*WRITES, "select hold_appends()", *FORBIDDEN_TO_THE_APP):
        with pytest.raises(InsufficientPrivilege):
            auditor.execute(statement.encode())


def test_a_table_of_a_later_migration_needs_no_grant_of_its_own(stack: Stack, database: str) -> None:
    owner = stack.owner_dsn(database.rpartition("/")[2])
    with psycopg.connect(owner) as connection:
        connection.execute("create table later (x int)")
        connection.execute("create view seen as select x from later")
        connection.execute("grant truncate on agent_events to longhaul_app")
    assert migrate(owner) == []
    with psycopg.connect(database, autocommit=True) as app:
        app.execute("insert into later values (1)")
        assert app.execute("table seen").fetchall() == [(1,)]
        with pytest.raises(InsufficientPrivilege):
            app.execute("truncate agent_events")


def test_the_app_makes_a_backup_and_the_owner_restores_it(stack: Stack, database: str, tmp_path: Path) -> None:
    """As docs/operations.md says it."""
    binaries, file, owner = postgres_package() / "bin", tmp_path / "dump", stack.owner_dsn(database.rpartition("/")[2])
    with psycopg.connect(database) as app:
        app.execute("insert into artifacts (sha256, content) values (repeat('a', 64), 'kept')")
        app.execute("set local longhaul.agent = 'ann'")
        app.execute("insert into memory_lexemes values ('ann', 'ship', 1)")
    dump = [
        str(binaries / "pg_dump"),
        "--enable-row-security",
        "--exclude-extension=vector",
        "--format=custom",
        f"--file={file}",
        database,
    ]
    subprocess.run(dump, check=True, env={**os.environ, "PGOPTIONS": "-c longhaul.agent=*"})
    with psycopg.connect(owner) as connection:
        connection.execute("truncate artifacts, memory_lexemes")
    restore = [
        str(binaries / "pg_restore"),
        "--clean",
        "--if-exists",
        "--single-transaction",
        "--dbname",
        owner,
        str(file),
    ]
    subprocess.run(restore, check=True)
    with psycopg.connect(database, autocommit=True) as app:
        assert app.execute("select content from artifacts").fetchone() == (b"kept",)
        assert app.execute("table memory_lexemes").fetchall() == []
        app.execute("set longhaul.agent = 'ann'")
        assert app.execute("table memory_lexemes").fetchall() == [("ann", "ship", 1)]
        with pytest.raises(InsufficientPrivilege):
            app.execute("delete from artifacts")
    assert migrate(owner) == []


def test_the_app_cannot_migrate_and_is_told_who_can(database: str) -> None:
    with pytest.raises(roles.NotPermitted, match="set LONGHAUL_POSTGRES_OWNER_DSN"):
        migrate(database)


@pytest.fixture
def before_roles(stack: Stack) -> Iterator[str]:
    """A database as a release without roles made it: its tables belong to the administrator. Its name."""
    name = "before_roles"
    with psycopg.connect(stack.admin_dsn("postgres"), autocommit=True) as admin:
        admin.execute("create database before_roles")
    with psycopg.connect(stack.admin_dsn(name)) as admin:
        admin.execute("create table migrations (name text primary key, sha256 text not null, at timestamptz)")
        for migration, text in migrations()[:2]:
            admin.execute(text.encode())
            checksum = "insert into migrations values (%s, encode(sha256(%s), 'hex'), now())"
            admin.execute(checksum, (migration, text.encode()))
        admin.execute("insert into artifacts values (repeat('a', 64), 'kept')")
    yield name
    with psycopg.connect(stack.admin_dsn("postgres"), autocommit=True) as admin:
        admin.execute("drop database before_roles")


@pytest.mark.parametrize("who", ["the administrator", "the owner, once it was handed over"])
def test_a_database_made_before_goes_on(who: str, stack: Stack, before_roles: str) -> None:
    migrator = stack.admin_dsn(before_roles)
    if who != "the administrator":
        with psycopg.connect(migrator) as admin:
            roles.hand_over(admin)
        migrator = stack.owner_dsn(before_roles)
    assert "0005_roles.sql" in migrate(migrator)
    with psycopg.connect(stack.dsn(before_roles), autocommit=True) as app:
        assert app.execute("select content from artifacts").fetchone() == (b"kept",)
        app.execute("select hold_appends()")
        with pytest.raises(InsufficientPrivilege):
            app.execute("delete from artifacts")
    with psycopg.connect(stack.admin_dsn(before_roles)) as admin:
        owners = admin.execute(
            "select distinct relowner::regrole::text from pg_class where relnamespace = 'public'::regnamespace"
        )
        assert owners.fetchall() == [(roles.OWNER,)]


def test_the_local_stack_tells_each_role_its_own_password(stack: Stack) -> None:
    app, owner = stack.settings.needed("postgres_dsn"), stack.settings.migrations_dsn
    assert app.startswith(f"postgresql://{roles.APP}:")
    assert owner.startswith(f"postgresql://{roles.OWNER}:")
    passwords = {dsn.split("@")[0].rpartition(":")[2] for dsn in (app, owner, stack.admin_dsn("longhaul"))}
    assert len(passwords) == 3
