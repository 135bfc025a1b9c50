"""One GET over HTTP/1.1: redirects inside the allow-list, a limit of bytes, and of seconds for all of it together."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from agents.web.allow import AllowList, Target
from domain.errors import ToolFault

LARGEST = 2_000_000
REDIRECTS = 5
REDIRECTING = frozenset({301, 302, 303, 307, 308})
CHUNK = 64 * 1024
HEADERS = {"User-Agent": "longhaul", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}


@dataclass(frozen=True)
class Page:
    """What a server answered. `cut` says that the body was longer than what is kept of it."""

    url: str
    status: int
    reason: str
    content_type: str
    location: str
    body: bytes
    cut: bool


class _Connection(http.client.HTTPConnection):
    """A connection to an address that has been checked, with TLS to the name that it was asked for."""

    def __init__(self, target: Target, addresses: list[str], seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self.addresses = addresses
        self.tls = ssl.create_default_context() if target.scheme == "https" else None
        self.opened: socket.socket | None = None

    def connect(self) -> None:
        self.sock = self.opened = _first(self.addresses, self.port, self.timeout or 0.0)
        if self.tls:
            wrapped = self.tls.wrap_socket(self.opened, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = self.opened = wrapped
            wrapped.do_handshake()

    def cut_off(self) -> None:
        """Ends whatever is being read or written. (`sock` is let go of as soon as an answer has begun.)"""
        if self.opened:
            with contextlib.suppress(OSError):
                self.opened.shutdown(socket.SHUT_RDWR)


def get(url: str, allow: AllowList, seconds: float, still_wanted: Callable[[], None]) -> Page:
    """Reads a URL. Raises `ToolInvalid` for one that is not allowed, `ToolFault`, `TimeoutError`."""
    until = time.monotonic() + seconds
    for _ in range(REDIRECTS + 1):
        still_wanted()
        page = _answered(url, allow.target(url), until)
        if page.status not in REDIRECTING or not page.location:
            return page
        url = urljoin(url, page.location)
    raise ToolFault(f"{url}: it was redirected more than {REDIRECTS} times")


def _answered(url: str, target: Target, until: float) -> Page:
    try:
        with _connected(target, until) as connection:
            connection.request("GET", target.path, headers=HEADERS)
            answer = connection.getresponse()
            return _page(url, answer, _body(answer, until))
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= until or isinstance(error, TimeoutError):
            raise TimeoutError(f"{target.place} did not answer in time") from error
        raise ToolFault(f"{target.place}: {error or type(error).__name__}") from error


@contextlib.contextmanager
def _connected(target: Target, until: float) -> Iterator[_Connection]:
    """A connection that is cut off when the time is up, however slowly the other side drips."""
    left = max(0.001, until - time.monotonic())
    connection = _Connection(target, target.addresses(), left)
    clock = threading.Timer(left, connection.cut_off)
    clock.start()
    try:
        yield connection
    finally:
        clock.cancel()
        connection.close()


def _first(addresses: list[str], port: int, seconds: float) -> socket.socket:
    """A socket to the first address that takes it."""
    for address in addresses[:-1]:
        with contextlib.suppress(OSError):
            return socket.create_connection((address, port), seconds)
    return socket.create_connection((addresses[-1], port), seconds)


def _body(answer: http.client.HTTPResponse, until: float) -> bytes:
    """The body, or more than is kept of it. A connection that was cut on the way looks like an end, and is none."""
    body = bytearray()
    while len(body) <= LARGEST and (chunk := answer.read(CHUNK)):
        body += chunk
    if len(body) <= LARGEST and answer.length:
        raise http.client.IncompleteRead(bytes(body), answer.length)
    if time.monotonic() >= until:
        raise TimeoutError
    return bytes(body)


def _page(url: str, answer: http.client.HTTPResponse, body: bytes) -> Page:
    return Page(
        url=url,
        status=answer.status,
        reason=answer.reason,
        content_type=answer.headers.get("Content-Type", "no content type"),
        location=answer.headers.get("Location", ""),
        body=body[:LARGEST],
        cut=len(body) > LARGEST,
    )
