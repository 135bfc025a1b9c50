"""A proxy of the campaign between a client and an echo: held, one way, reset, slow, and nothing lost but by a reset."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from chaos.campaign.edge import Edge, Line


@pytest.fixture
async def heard() -> list[bytes]:
    return []


@pytest.fixture
async def edge(heard: list[bytes]) -> AsyncIterator[Edge]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            heard.append(data)
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, Edge("127.0.0.1", server.sockets[0].getsockname()[1]).listening() as edge:
        yield edge


@pytest.fixture
async def line(edge: Edge) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    yield reader, writer
    writer.close()


async def _said(line: Line, word: bytes) -> bytes:
    line[1].write(word)
    async with asyncio.timeout(5):
        return await line[0].readexactly(len(word))


async def _nothing_comes(line: Line) -> bool:
    try:
        async with asyncio.timeout(0.2):
            await line[0].read(1)
    except TimeoutError:
        return True
    return False


async def test_what_was_held_comes_in_its_order(edge: Edge, line: Line, heard: list[bytes]) -> None:
    assert await _said(line, b"one") == b"one"
    edge.hold()
    for word in (b"two", b"three"):
        line[1].write(word)
    assert await _nothing_comes(line)
    assert heard == [b"one"]
    edge.release()
    async with asyncio.timeout(5):
        assert await line[0].readexactly(8) == b"twothree"


async def test_only_the_answers_are_held(edge: Edge, line: Line, heard: list[bytes]) -> None:
    edge.hold("replies")
    line[1].write(b"one")
    assert await _nothing_comes(line)
    assert heard == [b"one"], "the other side had it"
    edge.release()
    async with asyncio.timeout(5):
        assert await line[0].readexactly(3) == b"one"


async def test_a_reset_is_heard_by_both_sides(edge: Edge, line: Line) -> None:
    await _said(line, b"one")
    assert edge.reset_all() == 1
    with pytest.raises(ConnectionResetError):
        await _said(line, b"two")
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    assert await _said((reader, writer), b"three") == b"three"
    writer.close()


async def test_a_slow_edge_is_slow_both_ways(edge: Edge, line: Line) -> None:
    edge.delay_seconds = 0.1
    before = time.monotonic()
    await _said(line, b"one")
    assert time.monotonic() - before >= 0.2


async def test_a_server_that_is_away_closes_the_connection() -> None:
    async with Edge("127.0.0.1", 1).listening() as edge:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        async with asyncio.timeout(5):
            assert await reader.read(1) == b""
        writer.close()
