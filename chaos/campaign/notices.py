"""A subscriber of every agent's stream in Redis, past every edge: which notices came, and how often."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis

from stores.redis import AWAY, client
from stores.relay import stream_key

BLOCK_MS = 200
AGAIN_SECONDS = 0.1


class Subscriber:
    """Reads from the beginning of each stream. Redis names entries by its clock: a new one goes on where it was."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen = Counter[tuple[str, int]]()
        self._last = dict[Any, Any]()

    def follow(self, agents: Iterable[str]) -> None:
        """Follows these agents from now on."""
        for agent in agents:
            self._last.setdefault(stream_key(agent), "0")

    async def listen(self) -> None:
        """Reads until it is cancelled."""
        redis = client(self.url)
        while True:
            try:
                await self._read(redis)
            except AWAY:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self, redis: Redis) -> None:
        if not self._last:
            return await asyncio.sleep(AGAIN_SECONDS)
        async with asyncio.timeout(2):
            found: Any = await redis.xread(self._last, block=BLOCK_MS)
        for key, entries in found:
            self._last[key.decode()] = entries[-1][0].decode()
            for _, fields in entries:
                notice = json.loads(fields[b"notice"])
                self.seen[notice["stream"], notice["version"]] += 1
