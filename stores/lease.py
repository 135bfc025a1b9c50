"""Leases: one holder at a time of an external resource, for politeness. A lease protects nothing; the journal does.

A holder that is paused past the expiry still believes that it holds: whatever must not happen twice is fenced by a
version in Postgres, never by this. When Redis is down or silent, work goes on without leases.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from domain.errors import ResourceBusy
from stores.redis import AWAY, STEP_SECONDS, answered

RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
POLL_SECONDS = 0.1

log = logging.getLogger(__name__)


class Leases:
    """Leases by name."""

    def __init__(self, redis: Redis, prefix: str = "longhaul:lease:") -> None:
        self.redis = redis
        self.prefix = prefix
        self._release = redis.register_script(RELEASE)

    @contextlib.asynccontextmanager
    async def hold(self, resource: str, seconds: float, patience: float = 30.0) -> AsyncIterator[None]:
        """Holds it for `seconds` at most. Raises `ResourceBusy` when it is not free within `patience` seconds."""
        key, token = self.prefix + resource, secrets.token_hex(8)
        await self._acquire(key, token, seconds, patience)
        try:
            yield
        finally:
            with contextlib.suppress(*AWAY):
                async with answered(STEP_SECONDS):
                    await self._release(keys=[key], args=[token])

    async def _acquire(self, key: str, token: str, seconds: float, patience: float) -> None:
        deadline = asyncio.get_running_loop().time() + patience
        while not await self._take(key, token, seconds):
            if asyncio.get_running_loop().time() > deadline:
                raise ResourceBusy(f"{key.removeprefix(self.prefix)}; it was not free within {patience:.0f} s")
            await asyncio.sleep(POLL_SECONDS)

    async def _take(self, key: str, token: str, seconds: float) -> bool:
        try:
            async with answered(STEP_SECONDS):
                return bool(await self.redis.set(key, token, nx=True, px=int(seconds * 1000)))
        except AWAY as error:
            log.warning("Redis is away, so %s is used without a lease: %r", key, error)
            return True
