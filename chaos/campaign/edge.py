"""A TCP proxy on one edge of the installation: what lies between two processes is cut, held, delayed or reset there.

    worker ──requests──▶ edge ──▶ server        `hold("requests")`: nothing more goes that way, nothing is lost
    worker ◀──replies── edge ◀── server         `release()`: what was held goes on, in its order

A held edge is a network that drops packets: once it is mended TCP sends them again.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Coroutine
from typing import Literal, Self

CHUNK = 65_536
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Way = Literal["requests", "replies"]
WAYS: tuple[Way, Way] = ("requests", "replies")
BEGONE = struct.pack("ii", 1, 0)
"""SO_LINGER on, of no length: closing sends a reset."""


class Edge:
    """Passes everything on, as its weather allows."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.port = 0
        self.delay_seconds = 0.0
        self._open = {way: asyncio.Event() for way in WAYS}
        self._links = set[asyncio.Task[None]]()
        self._writers = set[asyncio.StreamWriter]()
        self.release()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Listens on a loopback port of its own for the length of the block."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut_all()
            await asyncio.gather(*self._links, return_exceptions=True)

    def hold(self, *ways: Way) -> None:
        """Lets nothing through that way, or either way."""
        for way in ways or WAYS:
            self._open[way].clear()

    def release(self) -> None:
        """Lets everything through again, at once."""
        self.delay_seconds = 0.0
        for gate in self._open.values():
            gate.set()

    def cut_all(self) -> None:
        """Closes every connection now."""
        for link in self._links:
            link.cancel()

    def reset_all(self) -> int:
        """Resets every connection now, as a firewall does that has lost its table; returns how many."""
        for writer in self._writers:
            socket_ = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                socket_.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BEGONE)
            writer.transport.abort()
        return len(self._writers) // 2

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.create_task(self._link(reader, writer))
        self._links.add(link)
        link.add_done_callback(self._links.discard)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it. A server that is away closes it at once."""
        with contextlib.closing(writer), contextlib.suppress(OSError):
            far = await asyncio.open_connection(*self.target)
            both = {writer, far[1]}
            self._writers |= both
            try:
                with contextlib.closing(far[1]):
                    await self._passed((reader, writer), far)
            finally:
                self._writers -= both

    async def _passed(self, near: Line, far: Line) -> None:
        await ended_by_either(self._pump(near[0], far[1], "requests"), self._pump(far[0], near[1], "replies"))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        while data := await reader.read(CHUNK):
            await self.let_through(way)
            writer.write(data)
            await writer.drain()

    async def let_through(self, way: Way) -> None:
        """Waits until something may pass that way."""
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        await self._open[way].wait()


async def ended_by_either(*ways: Coroutine[None, None, None]) -> None:
    """Runs both directions of a connection until one has ended, in whatever way."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
