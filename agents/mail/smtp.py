"""A mail by SMTP: at most once.

    connect, EHLO, TLS, login ──▶ last check ──▶ MAIL FROM, RCPT TO ──▶ DATA ──▶ 250
    └────────── a failure up to here, or a refusal at any point: known to be unsent ──┘
                                                         └─ silence from DATA on: in doubt

SMTP can neither be asked whether it took a message nor told to take it only once (RFC 1047 tells what then happens), so
the effect is `once`. The idempotency key travels along, in Message-ID and X-Longhaul-Key, for people to compare.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import NoReturn

import aiosmtplib

from agents.mail.address import is_address
from agents.mail.mail import Mail
from agents.mail.route import SAID, Route, route_of
from agents.survey.words import plain
from agents.tools.tool import ToolContext
from domain.answers import Effect
from domain.errors import ToolInvalid, ToolUnsent

CONNECT_SECONDS = 10.0
ENVELOPE_SECONDS = 6.0
DATA_SECONDS = 10.0
GOODBYE_SECONDS = 1.0


class SmtpMailer:
    """Sends by the server at smtp://[user:password@]host[:port], or smtps://."""

    effect = Effect.ONCE

    def __init__(self, mail_url: str | None, mail_from: str) -> None:
        self.mail_url = mail_url
        self.mail_from = mail_from

    @property
    def resource(self) -> str | None:
        """The server: one mail at a time."""
        try:
            return f"smtp:{route_of(self.mail_url).place}"
        except ToolUnsent:
            return None

    async def send(self, ctx: ToolContext, mail: Mail) -> str:
        """Sends the mail; returns its Message-ID."""
        route, message = route_of(self.mail_url), _message(self.mail_from, ctx, mail)
        async with _connected(route) as server:
            ctx.last_check()
            await _envelope(route, server, self.mail_from, mail.to)
            await _content(route, server, message)
        return str(message["Message-ID"])


def _message(sender: str, ctx: ToolContext, mail: Mail) -> EmailMessage:
    if not is_address(sender):
        raise ToolUnsent("the sender's address is not plain; set LONGHAUL_MAIL_FROM, e.g. longhaul@example.org")
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(ctx.now, UTC))
    message["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9-]', '.', ctx.key)}@{sender.partition('@')[2]}>"
    message["X-Longhaul-Key"] = ctx.key
    message.set_content(mail.text, cte="quoted-printable")
    return message


@contextlib.asynccontextmanager
async def _connected(route: Route) -> AsyncIterator[aiosmtplib.SMTP]:
    """A server that is ready to take a mail. Nothing was sent when this fails."""
    server = aiosmtplib.SMTP(
        hostname=route.host,
        port=route.port,
        use_tls=route.tls,
        username=route.user,
        password=route.password,
        timeout=CONNECT_SECONDS,
    )
    try:
        await _connect(route, server)
        yield server
    finally:
        await _goodbye(server)


async def _connect(route: Route, server: aiosmtplib.SMTP) -> None:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await server.connect()
            if server.is_ehlo_or_helo_needed:
                await server.ehlo()
    except (aiosmtplib.SMTPException, OSError, ValueError, RuntimeError) as error:
        _unsent(route, "cannot connect", error)


async def _envelope(route: Route, server: aiosmtplib.SMTP, sender: str, to: str) -> None:
    try:
        async with asyncio.timeout(ENVELOPE_SECONDS):
            await server.mail(sender)
            await _recipient(route, server, to)
    except (aiosmtplib.SMTPException, OSError) as error:
        _unsent(route, "the server did not take the addresses", error)


async def _recipient(route: Route, server: aiosmtplib.SMTP, to: str) -> None:
    """A recipient that the server refuses for good (5xx) is a mail that can never go out."""
    try:
        await server.rcpt(to)
    except aiosmtplib.SMTPRecipientRefused as error:
        if error.code < 500:
            raise
        raise ToolInvalid(f"{route.place}: {to} was refused: {_said(route, error)}") from None


async def _content(route: Route, server: aiosmtplib.SMTP, message: EmailMessage) -> None:
    """A refusal is known to be unsent. Anything else but a 250 is in doubt and passes through."""
    try:
        await server.data(message.as_bytes(), timeout=DATA_SECONDS)
    except aiosmtplib.SMTPDataError as error:
        if error.code < 400:
            raise
        _unsent(route, "the server refused the mail", error)


async def _goodbye(server: aiosmtplib.SMTP) -> None:
    """Politeness only: by now it is known what became of the mail."""
    try:
        if server.is_connected:
            await server.quit(timeout=GOODBYE_SECONDS)
    except (aiosmtplib.SMTPException, OSError):
        server.close()


def _unsent(route: Route, what: str, error: Exception) -> NoReturn:
    kind = "timeout" if isinstance(error, TimeoutError) else "refused"
    raise ToolUnsent(f"{route.place}: {what}: {_said(route, error)}", kind=kind) from None


def _said(route: Route, error: Exception) -> str:
    """The error's words, or the server's reply, on one line and without secrets."""
    words = str(error) or type(error).__name__
    if isinstance(error, aiosmtplib.SMTPResponseException):
        words = f"{error.code} {error.message}"
    return plain(route.without_secrets(words), SAID)
