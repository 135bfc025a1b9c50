"""Canaries in every secret; a job on the real stack, with failures; then everything that was written is searched."""

import asyncio
import base64
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from psycopg.conninfo import conninfo_to_dict
from redis.asyncio import Redis

from settings import Settings
from stack.places import Places, find_places
from stack.postgres import postgres_package
from stack.records import read_record
from stack.valkey import Valkey
from starter.client import Longhaul
from tests.conftest import Stack, until
from tests.integration.test_the_command_line import Terminal
from tests.support.forked import Forked

MAIL_USER, MAIL_PASSWORD = "canary-user", "canary:mail/pass+word"
WRONG = "canary-wrong-password"
KEEPERS = ("*.password", "endpoints.json", "valkey.conf")
"""The files that secrets are kept in, mode 0600."""


@pytest.fixture
async def mail_port() -> AsyncIterator[int]:
    """A mail server that refuses the login and, worse than any real one, repeats it in the clear and as it came."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            word, _, rest = line.strip().partition(b" ")
            if word == b"AUTH":
                login = base64.b64decode(rest.split()[-1]).replace(b"\0", b" ")
                writer.write(b"535 5.7.8 no " + rest + b" which is " + login + b"\r\n")
            else:
                writer.write(b"250-here\r\n250 AUTH PLAIN\r\n" if word == b"EHLO" else b"250 well\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
def places(stack: Stack) -> Places:
    return find_places(stack.settings.home)


@pytest.fixture
def secrets(places: Places) -> list[bytes]:
    """Every form in which a secret of this stack could stand somewhere."""
    words = [MAIL_PASSWORD, WRONG, *(file.read_text().strip() for file in places.data.glob("*.password"))]
    assert len(words) >= 7, "two of the mail, one of Postgres's administrator, three of its roles, two of Valkey"
    plain = [word.encode() for word in words]
    login = base64.b64encode(f"\0{MAIL_USER}\0{MAIL_PASSWORD}".encode())
    forms = [*plain, login, *(quote(word, safe="").encode() for word in words)]
    forms += [base64.b64encode(word) for word in plain]
    return [*forms, *(form.hex().encode() for form in forms)]


@pytest.fixture
def worker_log(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


@pytest.fixture
def cli(settings: Settings, mail_port: int, tmp_path: Path) -> Iterator[Terminal]:
    """Types commands where the mail's secret comes from a file."""
    file = tmp_path / "mail-url"
    file.write_text(f"smtp://{MAIL_USER}:{quote(MAIL_PASSWORD, safe='')}@127.0.0.1:{mail_port}\n")
    yield Terminal(settings, (("LONGHAUL_MAIL_URL_FILE", str(file)),))


@pytest.mark.timeout(300)
async def test_no_secret_is_in_any_store_log_file_or_output(
    cli: Terminal, stack: Stack, settings: Settings, places: Places, secrets: list[bytes], worker_log: Path, unique: str
) -> None:
    heard = [await _a_job_whose_mail_is_refused(cli, worker_log, unique)]
    heard += [await _what_fails(cli, worker_log, name, value) for name, value in _wrong(settings)]
    heard += ["".join(_outputs(said)) for said in [await cli(*words) for words in _commands(unique)]]
    assert "535" in heard[0], "the refusal was told, without the login that it repeated"
    written = {
        "the outputs": "\n".join(heard).encode(),
        "a dump of Postgres": _dump(stack, settings),
        "Valkey": await _valkey(stack),
        "the histories": await _histories(settings, unique),
        **{str(file): file.read_bytes() for file in _files(settings, places, worker_log)},
    }
    assert all(written[name] for name in ("a dump of Postgres", "Valkey", "the histories", str(worker_log)))
    assert unique.encode() in written["a dump of Postgres"]
    assert unique.encode() in written["the histories"]
    found = {(name, secret) for name, content in written.items() for secret in secrets if secret in content}
    assert found == set()


async def _a_job_whose_mail_is_refused(cli: Terminal, log: Path, unique: str) -> str:
    folder = cli.settings.home / "folder"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("TODO: x\n")
    with _worker(cli, log):
        words = ("-i", f"folder={folder}", "-i", "email=you@example.org", "--id", unique, "--agent", unique)
        assert (await cli("start", "survey", *words)).code == 0
        await until(lambda: _ended(cli, unique), 60)
        return "".join(_outputs(await cli("timeline", unique, "-o", "json")))


async def _ended(cli: Terminal, job: str) -> bool:
    """Whether it has; what it asks is approved."""
    said = await cli("show", job, "-o", "json")
    view: dict[str, Any] = said.json() if said.code == 0 else {"status": "", "waiting_for": []}
    for waiting in view["waiting_for"]:
        assert (await cli("approve", job, str(waiting["id"]))).code == 0
    return bool(view["status"] in ("completed", "failed"))


@contextlib.contextmanager
def _worker(cli: Terminal, log: Path, **more: str) -> Iterator[Forked]:
    worker = Forked(["worker"], cli.environment(**more), log, log)
    try:
        yield worker
    finally:
        worker.terminate()
        worker.wait(40)


async def _what_fails(cli: Terminal, log: Path, name: str, value: str) -> str:
    """A command, and a worker, that are told something wrong."""
    said = await cli("list", **{name: value})
    before = _size(log)
    with _worker(cli, log, **{name: value}) as worker:
        await until(lambda: _size(log) > before or worker.poll() is not None)
    return "".join(_outputs(said))


def _size(log: Path) -> int:
    return log.stat().st_size


def _wrong(settings: Settings) -> list[tuple[str, str]]:
    dsn, redis = settings.needed("postgres_dsn"), settings.needed("redis_url")
    user, _, host = dsn.rpartition("@")
    return [
        ("LONGHAUL_POSTGRES_DSN", f"postgresql://longhaul_app:{WRONG}@{host}"),
        ("LONGHAUL_POSTGRES_DSN", f"postgresql://longhaul_app:{WRONG}%zz@{host}"),
        ("LONGHAUL_POSTGRES_DSN", f"{user}@127.0.0.1:1/nowhere"),
        ("LONGHAUL_POSTGRES_DSN", f"postgresql://longhaul_app@{host}?password={WRONG}&nonsense=1"),
        ("LONGHAUL_REDIS_URL", f"redis://longhaul:{WRONG}@{redis.rpartition('@')[2]}"),
        ("LONGHAUL_REDIS_URL", f"redis://longhaul:{WRONG}@{redis.rpartition('@')[2]}x"),
        ("LONGHAUL_MAIL_URL", f"smtp://u:{WRONG}@h:x"),
    ]


def _commands(job: str) -> list[tuple[str, ...]]:
    whole = ("show", "timeline", "result", "watch")
    return [
        *((command, job, "-o", "json") for command in whole),
        ("memory", "show", job),
        ("status", "-o", "json"),
        ("doctor",),
    ]


def _outputs(said: object) -> list[str]:
    return [getattr(said, "out", ""), getattr(said, "err", "")]


def _dump(stack: Stack, settings: Settings) -> bytes:
    name = settings.needed("postgres_dsn").rpartition("/")[2]
    dump = postgres_package() / "bin" / "pg_dump"
    done = subprocess.run([dump, "--inserts"], env=_libpq(stack.admin_dsn(name)), capture_output=True, check=True)
    return done.stdout


def _libpq(dsn: str) -> dict[str, str]:
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {names[key]: str(value) for key, value in conninfo_to_dict(dsn).items() if key in names}


async def _valkey(stack: Stack) -> bytes:
    record = read_record(stack.settings.home, "redis")
    assert record is not None
    service = Valkey(stack.settings, find_places(stack.settings.home), print)
    async with Redis.from_url(service.admin_url(record.ports["redis"])) as redis:
        content = [(await redis.dump(key)) or b"" for key in await redis.keys("*")]
        streams = [await redis.xrange(key) for key in await redis.keys("longhaul:agent:*")]
    return b"".join(content) + repr(streams).encode()


async def _histories(settings: Settings, unique: str) -> bytes:
    async with Longhaul.connect(settings) as longhaul:
        histories = [await longhaul.temporal.get_workflow_handle(f"{kind}/{unique}").fetch_history() for kind in KINDS]
    return b"".join(event.SerializeToString() for history in histories for event in history.events)


KINDS = ("job", "agent")


def _files(settings: Settings, places: Places, worker_log: Path) -> list[Path]:
    """Every file of the job's home and of the stack but Postgres's own; its journal is in the dump."""
    roots = [settings.home, places.home / "stack", places.data]
    found = [file for root in roots for file in root.rglob("*") if file.is_file()]
    kept = {file for root in roots for keeper in KEEPERS for file in root.rglob(keeper)}
    return [worker_log, *(f for f in found if f not in kept and places.data / "postgres" not in f.parents)]
