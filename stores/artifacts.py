"""Large content by its SHA-256: written once, never changed."""

import hashlib
from collections import OrderedDict

from domain.errors import NotFound, Unstorable
from stores.postgres import Connection, Pool, reading, transaction

LARGEST = 64 * 1024 * 1024
CACHED_BYTES = 32 * 1024 * 1024


async def keep(connection: Connection, content: bytes) -> str:
    """Stores `content` in the caller's transaction and returns its SHA-256. Raises `Unstorable` over 64 MB."""
    if len(content) > LARGEST:
        raise Unstorable(f"{len(content)} bytes; an artifact has at most {LARGEST}")
    digest = hashlib.sha256(content).hexdigest()
    statement = "insert into artifacts (sha256, content) values (%s, %s) on conflict do nothing"
    await connection.execute(statement, (digest, content))
    return digest


async def fetch(pool: Pool, sha256: str) -> bytes:
    """The content with that hash. Raises `NotFound`."""
    async with reading(pool) as connection:
        query = "select content from artifacts where sha256 = %s"
        row = await (await connection.execute(query, (sha256,))).fetchone()
    if row is None:
        raise NotFound(f"artifact {sha256}")
    return bytes(row[0])


class Artifacts:
    """Artifacts, with those read last kept in memory: a content never changes under its hash."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._kept = OrderedDict[str, bytes]()
        self._bytes = 0

    async def fetch(self, sha256: str) -> bytes:
        """The content with that hash. Raises `NotFound`."""
        if sha256 in self._kept:
            self._kept.move_to_end(sha256)
            return self._kept[sha256]
        content = await fetch(self.pool, sha256)
        self._keep(sha256, content)
        return content

    async def keep(self, content: bytes) -> str:
        """Stores `content` in a transaction of its own and returns its SHA-256. Raises `Unstorable` over 64 MB."""
        async with transaction(self.pool) as connection:
            return await keep(connection, content)

    def _keep(self, sha256: str, content: bytes) -> None:
        if sha256 not in self._kept:  # a read at the same time may have kept it
            self._kept[sha256] = content
            self._bytes += len(content)
        while self._bytes > CACHED_BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[1])
