"""The edge before Postgres, which also cuts a connection where it hurts most.

    application ──request──▶ edge ──▶ Postgres          Cut.REQUEST: dropped before Postgres has the whole request
    application ◀── edge ◀──reply of the commit──       Cut.REPLY: dropped when Postgres has committed

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

from chaos.campaign.edge import CHUNK, Edge, Line, ended_by_either

IDLE = b"I"
"""The status in ReadyForQuery outside of a transaction."""
WRITES = (b"INSERT", b"UPDATE", b"DELETE", b"COMMIT")


class Cut(Enum):
    """Where the connection is dropped."""

    REQUEST = auto()
    REPLY = auto()


@dataclass
class Order:
    """One cut that was asked for; `done` is set when the connection was dropped."""

    where: Cut
    containing: bytes
    done: asyncio.Event = field(default_factory=asyncio.Event)


class PostgresEdge(Edge):
    """Passes everything on, but for the cuts that were ordered. Each order cuts one connection, once."""

    def __init__(self, dsn: str) -> None:
        url = urlsplit(dsn)
        assert url.hostname is not None and url.port is not None
        super().__init__(url.hostname, url.port)
        self._url = url
        self._orders: list[Order] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def before(cls, dsn: str) -> AsyncIterator[Self]:
        """One before the Postgres of that DSN, for the length of the block."""
        async with cls(dsn).listening() as edge:
            yield edge

    @property
    def dsn(self) -> str:
        """The DSN of the same database by way of this edge, without encryption, which it could not read."""
        login = self._url.netloc.rpartition("@")[0]
        plain = "sslmode=disable&gssencmode=disable"
        return self._url._replace(netloc=f"{login}@127.0.0.1:{self.port}", query=plain).geturl()

    def cut(self, where: Cut, containing: bytes) -> Order:
        """Orders a cut of the next request that contains these bytes."""
        self._orders.append(Order(where, containing))
        return self._orders[-1]

    def withdraw(self, order: Order) -> None:
        """The cut is no longer wanted."""
        if order in self._orders:
            self._orders.remove(order)

    async def _passed(self, near: Line, far: Line) -> None:
        link = _Link(self, self._orders)
        await ended_by_either(link.requests(near[0], far[1]), link.replies(far[0], near[1]))


class _Link:
    """The two directions of one connection. Either ends by returning."""

    def __init__(self, edge: Edge, orders: list[Order]) -> None:
        self.edge = edge
        self.orders = orders
        self.request = bytearray()
        self.tag = b""

    async def requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            self.request += data
            if self._is_ordered(Cut.REQUEST):
                return
            await self.edge.let_through("requests")
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
                    await self.edge.let_through("replies")
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
