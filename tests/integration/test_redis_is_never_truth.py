"""Limits, leases and notices: what they do with Redis, and that work goes on without it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from chaos.campaign.edge import Edge
from domain.errors import ResourceBusy
from domain.events import JobOpened
from domain.head import Head
from domain.spoken import InformationGiven
from settings import Settings
from stores.jobs import Jobs
from stores.lease import Leases
from stores.limit import Limiter
from stores.postgres import Pool, reading
from stores.redis import REST_SECONDS, client
from stores.relay import Relay, stream_key
from tests.unit.domain.toy import requested


@pytest.fixture
async def nobody() -> AsyncIterator[Redis]:
    """A Redis that is down."""
    async with client("redis://127.0.0.1:1/0") as nobody:
        yield nobody


async def test_a_limit_lets_a_burst_through_and_then_spaces_calls(redis: Redis, unique: str) -> None:
    limiter = Limiter(redis)
    waits = [await limiter.take(unique, per_minute=60, burst=3) for _ in range(5)]
    assert waits[:3] == [0.0, 0.0, 0.0] or waits[:4] == [0.0] * 4
    assert 0 < waits[-1] <= 1.0


async def test_without_redis_calls_are_not_limited(nobody: Redis, unique: str) -> None:
    limiter = Limiter(nobody)
    assert [await limiter.take(unique, per_minute=1, burst=1) for _ in range(3)] == [0.0, 0.0, 0.0]


async def test_a_silent_redis_is_asked_once_and_then_left_in_peace(unique: str) -> None:
    came = list[asyncio.StreamWriter]()
    silent = await asyncio.start_server(lambda _, writer: came.append(writer), "127.0.0.1", 0)
    async with silent, client(f"redis://127.0.0.1:{silent.sockets[0].getsockname()[1]}/0") as redis:
        limiter = Limiter(redis)
        assert [await limiter.take(unique, per_minute=1, burst=1) for _ in range(20)] == [0.0] * 20
        assert len(came) == 1, "who has had no answer asks on a connection of its own"
        came[0].close()


async def test_limits_hold_again_when_a_silent_redis_answers(settings: Settings, unique: str) -> None:
    url = settings.needed("redis_url")
    port = urlsplit(url).port
    assert port is not None
    async with (
        Edge("127.0.0.1", port).listening() as edge,
        client(url.replace(f":{port}", f":{edge.port}")) as behind,
    ):
        limiter = Limiter(behind)
        edge.hold("replies")
        assert await limiter.take(unique, per_minute=1, burst=1) == 0.0
        edge.release()
        await asyncio.sleep(REST_SECONDS)
        assert max([await limiter.take(unique, per_minute=1, burst=1) for _ in range(5)]) > 0


async def test_a_lease_has_one_holder_at_a_time(redis: Redis, unique: str) -> None:
    leases, inside, most = Leases(redis), 0, 0

    async def work() -> None:
        nonlocal inside, most
        async with leases.hold(unique, seconds=10):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(5)))
    assert most == 1


async def test_a_lease_that_is_not_free_in_time_says_so(redis: Redis, unique: str) -> None:
    leases = Leases(redis)
    async with leases.hold(unique, seconds=10):
        with pytest.raises(ResourceBusy, match=unique):
            async with leases.hold(unique, seconds=10, patience=0.3):
                pass


async def test_without_redis_work_goes_on_without_leases(nobody: Redis, unique: str) -> None:
    async with Leases(nobody).hold(unique, seconds=1), Leases(nobody).hold(unique, seconds=1):
        pass


async def _events(pool: Pool, job: str, count: int) -> None:
    jobs = Jobs(pool)
    found = await jobs.commit(await jobs.find(job, Head()), [requested(job, f"agent-{job}"), JobOpened(at=1.0)])
    for number in range(count - 2):
        said = InformationGiven(message_id=f"m{number}", by="ann", at=1.0, text=str(number))
        found = await jobs.commit(found, [said])


async def _notices(redis: Redis, job: str) -> list[int]:
    entries: Any = await redis.xrange(stream_key(f"agent-{job}"))
    return [json.loads(fields[b"notice"])["version"] for _, fields in entries]


async def test_every_event_is_told_in_order_and_two_relays_share_the_work(
    pool: Pool, redis: Redis, redis_admin: Redis, unique: str
) -> None:
    await _events(pool, unique, 50)
    relays = [Relay(pool, redis), Relay(pool, redis)]
    while sum(await asyncio.gather(*(relay.once() for relay in relays))):
        pass
    assert sorted(await _notices(redis_admin, unique)) == list(range(1, 51))


async def test_while_redis_is_down_notices_wait_and_then_all_arrive(
    pool: Pool, redis: Redis, redis_admin: Redis, nobody: Redis, unique: str
) -> None:
    await _events(pool, unique, 10)
    down = asyncio.create_task(Relay(pool, nobody).run())
    done, _ = await asyncio.wait([down], timeout=1.5)
    assert not done, "a relay outlives Redis"
    down.cancel()
    await asyncio.gather(down, return_exceptions=True)
    assert await _left(pool) == 10
    await Relay(pool, redis).once()
    assert await _notices(redis_admin, unique) == list(range(1, 11))
    assert await _left(pool) == 0


async def _left(pool: Pool) -> int:
    async with reading(pool) as connection:
        row = await (await connection.execute("select count(*) from outbox")).fetchone()
    assert row is not None
    return int(row[0])
