"""A worker and a client reach a Temporal server that asks for certificates, by Temporal's own variables."""

import asyncio
import contextlib
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from settings import Settings
from starter.client import Longhaul
from tests.support.jobs import ended, toy
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, connect, running

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
SERVER = "temporal.test"


class Certificates:
    """An authority, and what it has signed: a certificate for the server and one for us."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._openssl("req", "-x509", *self._new("authority"), "-out", str(self.path("authority.pem")))
        for name, subject in (("server", SERVER), ("client", "worker")):
            self._sign(name, subject)

    def path(self, name: str) -> Path:
        return self.folder / name

    def _new(self, name: str, subject: str = "authority") -> tuple[str, ...]:
        key = ("-newkey", "rsa:2048", "-nodes", "-keyout", str(self.path(f"{name}.key")))
        return (*key, "-subj", f"/CN={subject}")

    def _sign(self, name: str, subject: str) -> None:
        signer = ("-CA", str(self.path("authority.pem")), "-CAkey", str(self.path("authority.key")))
        named = ("-addext", f"subjectAltName=DNS:{subject}", "-addext", "basicConstraints=CA:FALSE")
        self._openssl("req", "-x509", *self._new(name, subject), *signer, *named, "-out", str(self.path(f"{name}.pem")))

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)

    def demanding(self) -> ssl.SSLContext:
        """The server's side: it talks to nobody without a certificate of the authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("server.pem"), self.path("server.key"))
        context.load_verify_locations(self.path("authority.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        context.set_alpn_protocols(["h2"])
        return context


@contextlib.asynccontextmanager
async def _gate(target: str, context: ssl.SSLContext) -> AsyncIterator[int]:
    """TLS in front of the plain server, as a load balancer would end it; gives the port."""
    host, _, port = target.rpartition(":")
    links = set[asyncio.Task[None]]()

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
            writers.append(inner_writer)
            ways = (_copied(reader, inner_writer), _copied(inner_reader, writer))
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            for each in writers:
                each.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        links.add(asyncio.create_task(passed(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)
        await server.wait_closed()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    (tmp_path / "tls").mkdir()
    return Certificates(tmp_path / "tls")


@pytest.fixture
async def gate(settings: Settings, certificates: Certificates) -> AsyncIterator[int]:
    assert settings.temporal_address is not None
    async with _gate(settings.temporal_address, certificates.demanding()) as port:
        yield port


@pytest.fixture
def told(settings: Settings, gate: int, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What a process reads that is told where the gate is, and of the authority, but has no certificate."""
    environment = {
        "LONGHAUL_HOME": str(settings.home),
        "LONGHAUL_POSTGRES_DSN": settings.needed("postgres_dsn"),
        "LONGHAUL_REDIS_URL": settings.needed("redis_url"),
        "LONGHAUL_TASK_QUEUE": settings.task_queue,
        "TEMPORAL_ADDRESS": f"127.0.0.1:{gate}",
        "TEMPORAL_TLS": "true",
        "TEMPORAL_TLS_SERVER_NAME": SERVER,
        "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(certificates.path("authority.pem")),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


async def test_a_job_runs_over_mutual_tls(
    told: Settings, certificates: Certificates, tmp_path: Path, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", str(certificates.path("client.pem")))
    monkeypatch.setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", str(certificates.path("client.key")))
    agents = Agents({"toy": Toy()}, toy_tools(Witness(tmp_path / "witness")))
    async with running(told, agents), Longhaul.connect(told) as longhaul:
        await longhaul.start(toy(unique, "keyed"))
        assert (await ended(longhaul, unique)).status == "completed"


async def test_without_a_certificate_the_server_is_not_reached(told: Settings) -> None:
    with pytest.raises(RuntimeError, match="Failed client connect"):
        await connect(told)
