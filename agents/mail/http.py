"""A mail over HTTP, to a service that honours idempotency keys: effectively once.

    POST <LONGHAUL_MAIL_URL>        Idempotency-Key: <job/version of the call>
    {"to", "subject", "text", "from"}

    2xx                   taken, now or under the same key before
    409                   the key stands for another mail there: a person must look
    429                   come back later (Retry-After): under the same key
    400, 413, 422         this mail can never be taken
    other 3xx, 4xx        refused, and not for this mail alone: a key, a path or a permission is wrong
    408, 425, 5xx, silence   in doubt: sent again, under the same key

`https://user:password@host/path` authenticates by Basic, `https://:token@host/path` by a bearer token.
"""

import json
import ssl
from functools import cache
from typing import Any

import httpx2

from agents.mail.address import is_address
from agents.mail.mail import Mail
from agents.mail.route import SAID, Route, route_of
from agents.retry_after import seconds_to_wait
from agents.survey.words import plain
from agents.tools.tool import ToolContext
from domain.answers import Effect
from domain.errors import RateLimited, ToolFault, ToolInDoubt, ToolInvalid, ToolUnsent

TIMEOUT = httpx2.Timeout(15.0, connect=5.0)
NEVER = (400, 413, 422)
IN_DOUBT = (408, 425)
LARGEST_REPLY = 65_536
CONNECTING = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


class HttpMailer:
    """Sends by POST to a mail service."""

    effect = Effect.KEYED
    resource: str | None = None

    def __init__(self, mail_url: str | None, mail_from: str) -> None:
        self.mail_url = mail_url
        self.mail_from = mail_from

    async def send(self, ctx: ToolContext, mail: Mail) -> str:
        """Sends the mail; returns the service's id for it, or else the key."""
        if not is_address(self.mail_from):
            raise ToolUnsent("the sender's address is not plain; set LONGHAUL_MAIL_FROM, e.g. longhaul@example.org")
        route = route_of(self.mail_url)
        body = {"to": mail.to, "subject": mail.subject, "text": mail.text, "from": self.mail_from}
        ctx.last_check()
        reply, content = await _posted(route, body, ctx.key)
        _judged(route, reply, content)
        return _id(content) or ctx.key


async def _posted(route: Route, body: dict[str, str], key: str) -> tuple[httpx2.Response, bytes]:
    """The reply and the first part of its content."""
    url = f"{'https' if route.tls else 'http'}://{route.place}{route.path}"
    headers = {"Idempotency-Key": key, **_bearer(route)}
    auth = (route.user, route.password or "") if route.user else None
    try:
        async with (
            httpx2.AsyncClient(timeout=TIMEOUT, verify=_trust(), trust_env=False) as client,
            client.stream("POST", url, json=body, headers=headers, auth=auth) as reply,
        ):
            return reply, await _beginning(reply)
    except CONNECTING as error:
        kind = "timeout" if isinstance(error, httpx2.TimeoutException) else "refused"
        raise ToolUnsent(f"{route.place}: cannot connect: {_words(route, error)}", kind=kind) from None
    except httpx2.HTTPError as error:
        raise ToolFault(f"{route.place}: no answer: {_words(route, error)}") from None


@cache
def _trust() -> ssl.SSLContext:
    """Reading the certificates of the system takes longer than a mail: once."""
    return ssl.create_default_context()


async def _beginning(reply: httpx2.Response) -> bytes:
    content = b""
    async for chunk in reply.aiter_bytes():
        content += chunk
        if len(content) >= LARGEST_REPLY:
            break
    return content[:LARGEST_REPLY]


def _judged(route: Route, reply: httpx2.Response, content: bytes) -> None:
    """Raises what the status means, unless the mail was taken."""
    status = reply.status_code
    said = f"{route.place}: {status} {plain(route.without_secrets(content.decode(errors='replace')), SAID)}".strip()
    if 200 <= status < 300:
        return
    if status == 409:
        raise ToolInDoubt(f"the service has another mail under this call's key: {said}")
    if status == 429:
        raise RateLimited(said, seconds_to_wait(reply.headers.get("Retry-After")))
    if status in NEVER:
        raise ToolInvalid(said)
    if status in IN_DOUBT or status >= 500:
        raise ToolFault(said)
    raise ToolUnsent(said)


def _id(content: bytes) -> str:
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    known_as = found.get("id") if isinstance(found, dict) else None
    return plain(known_as, SAID) if isinstance(known_as, str) else ""


def _bearer(route: Route) -> dict[str, str]:
    return {"Authorization": f"Bearer {route.password}"} if route.password and not route.user else {}


def _words(route: Route, error: Exception) -> str:
    return plain(route.without_secrets(str(error) or type(error).__name__), SAID)
