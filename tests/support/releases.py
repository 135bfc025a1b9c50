"""What an earlier release left behind, as the next one finds it: a database with jobs in the middle of their work."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from domain.canonical import canonical
from stores import journal
from stores.migrate import migrations

Fields = dict[str, Any]
FOLDER = Path(__file__).parent.parent / "fixtures"
RELEASES = sorted(FOLDER.glob("release_*"))


def restore(dsn: str, release: Path) -> None:
    """Fills an empty database as that release left it: the migrations that it had, then its rows."""
    with _everything(dsn) as connection:
        connection.execute("create table migrations (name text primary key, sha256 text, at timestamptz)")
        for row in _rows(release, "migrations"):
            text = dict(migrations())[row["name"]]
            assert hashlib.sha256(text.encode()).hexdigest() == row["sha256"], f"{row['name']} was released: it stays"
            connection.execute(text.encode())
        connection.execute("create table toys (key text, item text)")
        connection.execute("alter table toys owner to longhaul_owner")  # the tool's own, and so handed over by hand
        for line in _lines(release):
            _insert(connection, line["table"], line["row"])


def _insert(connection: psycopg.Connection, table: str, row: Fields) -> None:
    statement = sql.SQL("insert into {0} select * from jsonb_populate_record(null::{0}, %s)")
    connection.execute(statement.format(sql.Identifier(table)), (Jsonb(row),))


def _rows(release: Path, table: str) -> list[Fields]:
    return [line["row"] for line in _lines(release) if line["table"] == table]


def _lines(release: Path) -> Iterator[Fields]:
    with (release / "database.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def rewrite(dsn: str, schema: int, older: Callable[[Fields], Fields]) -> None:
    """Makes the whole journal one of an older release: each event in that form and under that schema, chained anew."""
    heads: dict[str, bytes] = {}
    with _everything(dsn) as connection:
        query = "select stream, version, event_type, event_data, salt from agent_events order by stream, version"
        for stream, version, type_, data, salt in connection.execute(query).fetchall():
            previous, fields = heads.get(stream, b""), older(data)
            digest = hashlib.sha256(salt + canonical(fields)).digest()
            heads[stream] = journal.chain(previous.hex(), stream, version, type_, schema, digest)
            connection.execute(
                "update agent_events set event_data = %s, schema = %s, digest = %s, prev_hash = %s, hash = %s"
                " where stream = %s and version = %s",
                (Jsonb(fields), schema, digest, previous, heads[stream], stream, version),
            )


def stored(dsn: str) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Every row of the journal as it is stored."""
    query = "select stream, version, schema, event_data::text, salt, digest, prev_hash, hash from agent_events"
    with _everything(dsn) as connection:
        return {(row[0], row[1]): row[2:] for row in connection.execute(query).fetchall()}


def _everything(dsn: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection to which row-level security shows every agent's rows."""
    return psycopg.connect(dsn, options="-c longhaul.agent=*")
