"""An agent's notices in Redis. They are hints: whoever gets one reads the journal.

Every event has its notice, at least once; while Redis is down they wait, and what an emptied Redis has lost is told
again (`stores.relay`). A notice names its stream and version, so that a reader can tell a repeated one.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from pydantic import JsonValue
from redis.asyncio import Redis

from domain.erasure import Words
from domain.frozen import Frozen
from stores.redis import AWAY, answered, client
from stores.relay import stream_key

PATIENCE_MS = 2000
WITHOUT_REDIS_SECONDS = 1.0


class Notice(Frozen):
    """One event was committed (`at`, Unix seconds); `data` is the event."""

    stream: str
    version: int
    type: str
    at: float
    data: dict[str, JsonValue]


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
        while found := await self.read():
            if any(notice.stream == f"job/{job}" for notice in found):
                return

    async def read(self) -> tuple[Notice, ...]:
        """The notices that came since the last call; none after two seconds, or after one when Redis is down."""
        try:
            async with answered():
                found: Any = await self.redis.xread({self.key: self.last}, block=PATIENCE_MS)
        except AWAY:
            await asyncio.sleep(WITHOUT_REDIS_SECONDS)
            return ()
        entries = [entry for _, several in found for entry in several]
        if entries:
            self.last = entries[-1][0].decode()
        return tuple(Notice.model_validate_json(fields[b"notice"]) for _, fields in entries)


async def forget(url: str, agent: str, words: Words) -> int:
    """Takes the notices out that hold the words; returns how many there were."""
    redis, key = client(url), stream_key(agent)
    try:
        async with answered():
            kept: Any = await redis.xrevrange(key)
            holding = [name for name, fields in kept if _holds(fields[b"notice"], words)]
            return int(await redis.xdel(key, *holding)) if holding else 0
    finally:
        with contextlib.suppress(*AWAY):
            await redis.aclose()


def _holds(notice: bytes, words: Words) -> bool:
    data = Notice.model_validate_json(notice).data
    return bool(words.without(data) != data)


async def _end(redis: Redis, key: str) -> str:
    try:
        async with answered():
            newest: Any = await redis.xrevrange(key, count=1)
    except AWAY:
        return "0"
    return str(newest[0][0].decode()) if newest else "0"
