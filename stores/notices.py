"""Waiting for an agent's notices in Redis. They are hints: whoever gets one reads the journal."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

from stores.redis import AWAY, answered, client
from stores.relay import stream_key

PATIENCE_MS = 2000
WITHOUT_REDIS_SECONDS = 1.0


class Notices:
    """An agent's stream, read from where it stood when this was made."""

    def __init__(self, redis: Redis, agent: str, last: str) -> None:
        self.redis = redis
        self.key = stream_key(agent)
        self.last = last

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, url: str, agent: str) -> AsyncIterator["Notices"]:
        """Opens the stream at its present end."""
        redis = client(url)
        try:
            yield cls(redis, agent, await _end(redis, stream_key(agent)))
        finally:
            with contextlib.suppress(*AWAY):
                await redis.aclose()

    async def next(self, job: str) -> None:
        """Returns when the job has news, or after two seconds, or after one when Redis is down."""
        try:
            async with answered():
                found: Any = await self.redis.xread({self.key: self.last}, block=PATIENCE_MS)
        except AWAY:
            await asyncio.sleep(WITHOUT_REDIS_SECONDS)
            return
        for _, entries in found:
            self.last = entries[-1][0].decode()
            if any(json.loads(fields[b"notice"])["stream"] == f"job/{job}" for _, fields in entries):
                return


async def _end(redis: Redis, key: str) -> str:
    try:
        async with answered():
            newest: Any = await redis.xrevrange(key, count=1)
    except AWAY:
        return "0"
    return str(newest[0][0].decode()) if newest else "0"
