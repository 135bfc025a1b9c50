"""Whoever waits for a store can be told to stop at any turn of the loop: a worker that drains, a person's Ctrl-C."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from settings import Settings
from stores.lease import Leases
from stores.limit import Limiter
from stores.notices import Notices
from stores.postgres import Pool
from stores.redis import client
from stores.relay import Relay

TURNS = 60
"""Turns of the loop after which the cancellation comes: some before, some amid, some after the first answer."""

Use = Callable[[Redis, Pool, str], Awaitable[object]]


async def _take(redis: Redis, pool: Pool, name: str) -> None:
    limiter = Limiter(redis)
    while True:
        await limiter.take(name, per_minute=1e6)


async def _hold(redis: Redis, pool: Pool, name: str) -> None:
    leases = Leases(redis)
    while True:
        async with leases.hold(name, seconds=1):
            pass


async def _relay(redis: Redis, pool: Pool, name: str) -> None:
    await Relay(pool, redis).run()


async def _listen(redis: Redis, pool: Pool, name: str) -> None:
    await Notices(redis, name, "0").next("job")


@pytest.mark.parametrize("use", [_take, _hold, _relay, _listen])
async def test_at_any_turn(use: Use, settings: Settings, pool: Pool, unique: str) -> None:
    redis = client(settings.needed("redis_url"))
    for turns in range(TURNS):
        task = asyncio.ensure_future(use(redis, pool, f"{unique}-{turns}"))
        for _ in range(turns):
            await asyncio.sleep(0)
        assert await _ended(task), f"cancelled after {turns} turns, it went on"
        if turns % 2:
            await redis.aclose(close_connection_pool=True)  # and now with a connection that must first be made
    await redis.aclose()


async def _ended(task: asyncio.Future[object]) -> bool:
    """Cancels it; says whether once was enough."""
    told = 0
    while not task.done():
        task.cancel()
        told += 1
        await asyncio.wait([task], timeout=2)
    return task.cancelled() and told == 1
