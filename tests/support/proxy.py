"""A TCP proxy between an application and Postgres that cuts connections where it hurts most.

    application ──request──▶ proxy ──▶ Postgres          Cut.REQUEST: dropped before Postgres has the whole request
    application ◀── proxy ◀──reply of the commit──       Cut.REPLY: dropped when Postgres has committed

A *request* is what the application sends between two moments at which its connection is idle: one autocommitted
statement, or a whole transaction. `cut(REPLY, b"ToolCalled")` waits for a request that contains these bytes (a type
of event, a table's name) and whose commit Postgres has acknowledged, then closes both sides before a byte of that
acknowledgement is passed on: the application cannot know that its commit stands.

It reads the frontend/backend protocol of Postgres, version 3, without TLS:
https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Self
from urllib.parse import urlsplit

CHUNK = 65_536
IDLE = b"I"
"""The status in ReadyForQuery outside of a transaction."""
WRITES = (b"INSERT", b"UPDATE", b"DELETE", b"COMMIT")


class Cut(Enum):
    """Where the connection is dropped."""

    REQUEST = auto()
    REPLY = auto()


@dataclass
class Order:
    """One cut that a test has asked for; `done` is set when the connection was dropped."""

    where: Cut
    containing: bytes
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Proxy:
    """Passes everything on, but for the cuts that were ordered. Each order cuts one connection, once."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._orders: list[Order] = []
        self._links = set[asyncio.Task[None]]()
        self._port = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def before(cls, dsn: str) -> AsyncIterator[Self]:
        """A proxy before the Postgres of that DSN, for the length of the block."""
        proxy = cls(dsn)
        server = await asyncio.start_server(proxy._accept, "127.0.0.1", 0)
        proxy._port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()
            proxy.cut_all()
            await asyncio.gather(*proxy._links, return_exceptions=True)

    @property
    def dsn(self) -> str:
        """The DSN of the same database by way of the proxy, without encryption, which it could not read."""
        url = urlsplit(self._dsn)
        login = url.netloc.rpartition("@")[0]
        plain = "sslmode=disable&gssencmode=disable"
        return url._replace(netloc=f"{login}@127.0.0.1:{self._port}", query=plain).geturl()

    def cut(self, where: Cut, containing: bytes) -> Order:
        """Orders a cut of the next request that contains these bytes."""
        self._orders.append(Order(where, containing))
        return self._orders[-1]

    def cut_all(self) -> None:
        """Drops every connection now."""
        for link in self._links:
            link.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.create_task(self._link(reader, writer))
        self._links.add(link)
        link.add_done_callback(self._links.discard)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side or an order ends it."""
        url = urlsplit(self._dsn)
        with contextlib.closing(writer):
            up_reader, up_writer = await asyncio.open_connection(url.hostname, url.port)
            with contextlib.closing(up_writer):
                link = _Link(self._orders)
                ways = (link.requests(reader, up_writer), link.replies(up_reader, writer))
                tasks = [asyncio.create_task(way) for way in ways]
                try:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)


class _Link:
    """The two directions of one connection. Either ends by returning."""

    def __init__(self, orders: list[Order]) -> None:
        self.orders = orders
        self.request = bytearray()
        self.tag = b""

    async def requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            self.request += data
            if self._is_ordered(Cut.REQUEST):
                return
            writer.write(data)
            await writer.drain()

    async def replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Message by message; those of one request are held back until it is known whether they are passed on."""
        held = bytearray()
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                kind, message = await _message(reader)
                held += message
                if kind == b"C":
                    self.tag = message[5:-1]
                if kind == b"Z" and self._ends_in_a_cut(message[5:6]):
                    return
                if kind != b"C":  # a CommandComplete may be that of a commit: the ReadyForQuery after it says so
                    writer.write(held)
                    await writer.drain()
                    held.clear()

    def _ends_in_a_cut(self, status: bytes) -> bool:
        if status != IDLE:
            return False
        committed = self.tag.startswith(WRITES)
        cut = committed and self._is_ordered(Cut.REPLY)
        self.request.clear()
        self.tag = b""
        return cut

    def _is_ordered(self, where: Cut) -> bool:
        for order in self.orders:
            if order.where is where and order.containing in self.request:
                self.orders.remove(order)
                order.done.set()
                return True
        return False


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """One message of the backend: its type, and the whole of it."""
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(int.from_bytes(head[1:]) - 4)
