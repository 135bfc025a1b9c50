"""send_email: one text mail by SMTP, to one address, with a person's consent. At most once.

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
from typing import Annotated, NoReturn

import aiosmtplib
from pydantic import AfterValidator, Field

from agents.tools.address import is_address
from agents.tools.route import Route, route_of
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import ToolUnsent
from domain.frozen import Digest

SECONDS = 30.0
CONNECT_SECONDS = 10.0
ENVELOPE_SECONDS = 6.0
DATA_SECONDS = 10.0
GOODBYE_SECONDS = 1.0


def _address(text: str) -> str:
    if not is_address(text):
        raise ValueError("it must be one plain mail address such as ann@example.org")
    return text


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it must not hold line breaks or control characters")
    return text


class SendEmailArgs(Args):
    """`body_ref` is the artifact that holds the text of the mail."""

    to: Annotated[str, AfterValidator(_address)]
    subject: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
    body_ref: Digest


def send_email(mail_url: str | None, mail_from: str) -> Tool[SendEmailArgs]:
    """The tool for that server (smtp://[user:password@]host[:port], or smtps://) and that sender."""

    async def run(ctx: ToolContext, args: SendEmailArgs) -> ToolResult:
        return await _send(route_of(mail_url), mail_from, ctx, args)

    def resource(args: SendEmailArgs) -> str | None:
        try:
            return f"smtp:{route_of(mail_url).place}"
        except ToolUnsent:
            return None

    return Tool(
        name="send_email",
        effect=Effect.ONCE,
        args=SendEmailArgs,
        run=run,
        summary=lambda args: f"mail to {args.to}: {args.subject}",
        guarded=True,
        seconds=SECONDS,
        resource=resource,
    )


async def _send(route: Route, sender: str, ctx: ToolContext, args: SendEmailArgs) -> ToolResult:
    message = _message(sender, ctx, args, await ctx.artifact(args.body_ref))
    async with _connected(route) as server:
        ctx.last_check()
        await _envelope(route, server, sender, args.to)
        await _content(route, server, message)
    return ToolResult(text=f"mailed to {args.to}", data={"to": args.to, "message_id": str(message["Message-ID"])})


def _message(sender: str, ctx: ToolContext, args: SendEmailArgs, body: bytes) -> EmailMessage:
    if not is_address(sender):
        raise ToolUnsent("the sender's address is not plain; set LONGHAUL_MAIL_FROM, e.g. longhaul@example.org")
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = args.to
    message["Subject"] = args.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(ctx.now, UTC))
    message["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9-]', '.', ctx.key)}@{sender.partition('@')[2]}>"
    message["X-Longhaul-Key"] = ctx.key
    message.set_content(body.decode(errors="replace"), cte="quoted-printable")
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
            await server.rcpt(to)
    except (aiosmtplib.SMTPException, OSError) as error:
        _unsent(route, "the server did not take the addresses", error)


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
    words = str(error) or type(error).__name__
    if isinstance(error, aiosmtplib.SMTPResponseException):
        words = f"{error.code} {error.message}"
    kind = "timeout" if isinstance(error, TimeoutError) else "refused"
    raise ToolUnsent(f"{route.place}: {what}: {_line(route.without_secrets(words))}", kind=kind) from None


def _line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:300]
