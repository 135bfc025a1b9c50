"""Large content by its SHA-256: written once, never changed."""

import hashlib

from domain.errors import NotFound, Unstorable
from stores.postgres import Connection, Pool, reading

LARGEST = 64 * 1024 * 1024


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
