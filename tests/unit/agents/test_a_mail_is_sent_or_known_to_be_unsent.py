"""send_email against a real SMTP server: what is known is said, and only silence after DATA is left in doubt."""

import asyncio
import email
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from agents.mail import smtp as module
from agents.mail.mailer import mailer
from agents.mail.route import route_of
from agents.tools.send_email import SendEmailArgs, send_email
from agents.tools.tool import ToolContext, ToolResult
from domain.errors import ToolInvalid, ToolUnsent

SHA = "a" * 64
ARGS = SendEmailArgs(to="ann@example.org", subject="Über", body_ref=SHA)
BODY = "Grüße\n.\n.hidden\n" + "long " * 300 + "\n"


@dataclass
class Sink:
    """Keeps what it is sent; `replies` overrides the reply to MAIL, RCPT or DATA."""

    replies: dict[str, str] = field(default_factory=dict)
    mails: list[Envelope] = field(default_factory=list)
    login: tuple[str, str] | None = None
    port: int = 0
    cut: bool = False

    async def handle_MAIL(self, server: SMTP, _s: Session, envelope: Envelope, address: str, _o: list[str]) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: SMTP, _s: Session, envelope: Envelope, address: str, _o: list[str]) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.replies.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, _s: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        if self.cut:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.sleep(0)
        return self.replies.get("DATA", "250 OK")

    def authenticate(
        self, _server: SMTP, _s: Session, _e: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self.login, handled=given == self.login)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    sink = Sink()

    def serve() -> SMTP:
        return SMTP(sink, hostname="sink", authenticator=sink.authenticate, auth_require_tls=False)

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    yield sink
    server.close()


async def send(url: str | None, sender: str = "longhaul@example.org", **context: Any) -> ToolResult:
    async def artifact(sha256: str) -> bytes:
        if sha256 != SHA:
            raise ToolInvalid("Not found")
        return BODY.encode()

    fields: dict[str, Any] = {"last_check": lambda: None, "artifact": artifact, **context}
    ctx = ToolContext(job="job-1", agent="ann", key="job-1/17", step=3, now=1_760_000_000.0, home="/", **fields)
    return await send_email(mailer(url, sender)).run(ctx, ARGS)


async def test_a_mail_arrives_whole_and_with_its_key(sink: Sink) -> None:
    result = await send(sink.url)
    (envelope,) = sink.mails
    assert isinstance(envelope.content, bytes)
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("longhaul@example.org", ["ann@example.org"])
    assert (mail["Subject"], mail["To"], mail["From"]) == ("Über", "ann@example.org", "longhaul@example.org")
    assert mail["X-Longhaul-Key"] == "job-1/17"
    assert mail["Message-ID"] == result.data["message_id"] == "<job-1.17@example.org>"
    assert mail["Date"] == "Thu, 09 Oct 2025 08:53:20 +0000"
    body = mail.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == BODY


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", ["451 try later", "550 no such user", "421 shutting down"])
async def test_a_refusal_is_known_to_be_unsent_and_says_what_the_server_said(
    sink: Sink, command: str, reply: str
) -> None:
    sink.replies[command] = reply
    hopeless = command == "RCPT" and reply.startswith("5")
    with pytest.raises(ToolInvalid if hopeless else ToolUnsent, match=reply):
        await send(sink.url)


async def test_a_refused_connection_is_known_to_be_unsent() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(ToolUnsent, match="cannot connect"):
            await send(f"smtp://127.0.0.1:{bound.getsockname()[1]}")


async def test_a_connection_cut_after_data_is_in_doubt(sink: Sink) -> None:
    sink.cut = True
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(sink.url)
    assert len(sink.mails) == 1


async def test_silence_after_data_is_in_doubt(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DATA_SECONDS", 0.2)
    waiting = asyncio.Event()

    async def silent(*_: object) -> str:
        await waiting.wait()
        return "250 OK"

    monkeypatch.setattr(sink, "handle_DATA", silent)
    with pytest.raises(TimeoutError):
        await send(sink.url)
    waiting.set()


Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def speaking(speak: Speak) -> tuple[asyncio.Server, str]:
    """A server that says what it is told to."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await speak(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    return server, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("commands", [0, 1, 2, 3])
async def test_a_connection_lost_before_data_is_known_to_be_unsent(commands: int) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        for _ in range(commands):
            await reader.readline()
            writer.write(b"250 OK\r\n")
        await reader.readline()

    server, url = await speaking(speak)
    try:
        if commands < 3:
            with pytest.raises(ToolUnsent):
                await send(url)
        else:
            with pytest.raises(aiosmtplib.SMTPServerDisconnected):
                await send(url)
    finally:
        server.close()


async def test_a_server_that_never_greets_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.2)

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server, url = await speaking(speak)
    with pytest.raises(ToolUnsent) as unsent:
        await send(url)
    assert unsent.value.kind == "timeout"
    server.close()


async def test_the_last_check_stands_before_the_first_address(sink: Sink) -> None:
    def too_late() -> None:
        raise ToolUnsent("its deadline had passed", kind="timeout")

    with pytest.raises(ToolUnsent, match="its deadline had passed"):
        await send(sink.url, last_check=too_late)
    assert sink.mails == []


async def test_a_login_works_and_its_secret_stays_one(sink: Sink) -> None:
    sink.login = ("ann", "s3cr3t/x")
    assert (await send(f"smtp://ann:s3cr3t%2Fx@127.0.0.1:{sink.port}")).text == "mailed to ann@example.org"
    with pytest.raises(ToolUnsent) as unsent:
        await send(f"smtp://ann:wr0ng@127.0.0.1:{sink.port}")
    assert "535" in str(unsent.value)
    assert "wr0ng" not in str(unsent.value)
    assert unsent.value.__cause__ is None


def test_a_secret_that_a_server_repeats_is_taken_out() -> None:
    route = route_of("smtp://ann:s3cr3t@mail.example.org")
    assert route.without_secrets("no: s3cr3t, czNjcjN0, AGFubgBzM2NyM3Q=") == "no: ***, ***, ***"
    assert "s3cr3t" not in repr(route)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (None, "LONGHAUL_MAIL_URL must be set, e.g. smtp://localhost:1025"),
        ("", "LONGHAUL_MAIL_URL must be set"),
        ("ftp://key:s3cr3t@mail.example.org", "must begin with one of smtp://, smtps://, http://, https://"),
        ("s3cr3t", "must begin with one of smtp://"),
        ("s3cr3t:x", "must begin with one of smtp://"),
        ("smtp://:s3cr3t@:25", "must name a host"),
        ("smtp://host:s3cr3t", "must name a host and may name a port"),
        ("smtp://[s3cr3t", "must name a host"),
    ],
)
async def test_a_wrong_setting_is_explained_without_its_secret(url: str | None, words: str) -> None:
    with pytest.raises(ToolUnsent) as unsent:
        await send(url)
    assert words in str(unsent.value)
    assert "s3cr3t" not in str(unsent.value)
    assert send_email(mailer(url, "x@y")).resource(ARGS) is None


async def test_a_missing_body_or_a_wrong_sender_is_known_to_be_unsent(sink: Sink) -> None:
    async def gone(sha256: str) -> bytes:
        raise ToolInvalid("Not found: artifact")

    with pytest.raises(ToolInvalid):
        await send(sink.url, artifact=gone)
    with pytest.raises(ToolUnsent, match="LONGHAUL_MAIL_FROM"):
        await send(sink.url, sender="Ann <ann@example.org>")
    assert sink.mails == []


def test_one_server_is_one_resource() -> None:
    assert send_email(mailer("smtps://u:p@Mail.example.org", "x@y")).resource(ARGS) == "smtp:mail.example.org:465"
    assert send_email(mailer("smtp://[::1]:2525", "x@y")).resource(ARGS) == "smtp:[::1]:2525"
