"""Valkey is killed under running jobs and comes back empty: jobs go on meanwhile, and every notice still arrives."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from domain.errors import ResourceBusy
from settings import Settings
from starter.client import Longhaul
from stores.lease import Leases
from stores.limit import Limiter
from stores.notices import Notices
from stores.redis import client
from tests.conftest import until
from tests.support.jobs import ended, toy
from tests.support.own import Own
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, running

JOBS = 3
CALLS = [f"keyed:{number}" for number in range(40)]
READERS = 2

Seen = set[tuple[str, int]]


@pytest.fixture
def valkey() -> Iterator[Own]:
    with Own("redis") as own:
        yield own


@pytest.fixture
def there(settings: Settings, valkey: Own) -> Settings:
    """The settings of this test, with the Valkey that it may kill."""
    url = valkey.up().redis_url
    assert url is not None
    return settings.model_copy(update={"redis_url": SecretStr(url)})


@pytest.fixture
async def redis(there: Settings) -> AsyncIterator[Redis]:
    async with client(there.needed("redis_url")) as opened:
        yield opened


async def _comes_back_empty(valkey: Own) -> None:
    shutil.rmtree(valkey.data)
    await asyncio.to_thread(valkey.up)


async def _all_read(notices: Notices, into: Seen) -> None:
    """Reads until it is cancelled."""
    while True:
        into |= {(notice.stream, notice.version) for notice in await notices.read()}


async def _journal(longhaul: Longhaul, jobs: list[str]) -> Seen:
    return {(f"job/{job}", version) for job in jobs for version, _, _ in await longhaul.timeline(job)}


async def test_jobs_go_on_and_every_notice_arrives(there: Settings, valkey: Own, witness: Witness, unique: str) -> None:
    """One reader reads all the time; a slow one had read nothing of what the first Valkey was told."""
    url, agent = there.needed("redis_url"), f"agent-{unique}"
    jobs = [f"{unique}-{number}" for number in range(JOBS)]
    read: Seen = set()
    late: Seen = set()
    agents = Agents({"toy": Toy()}, toy_tools(witness, seconds=20))
    async with Notices.of(url, agent) as reader, Notices.of(url, agent) as slow, Longhaul.connect(there) as longhaul:
        reading = [asyncio.create_task(_all_read(reader, read))]
        async with running(there, agents):
            for job in jobs:
                await longhaul.start(toy(job, *CALLS, agent=agent))
            await until(lambda: len(read) > 30)
            valkey.kill()
            before = len(witness.effects())
            await until(lambda: len(witness.effects()) > before + 10)
            await _comes_back_empty(valkey)
            for job in jobs:
                assert (await ended(longhaul, job)).status == "completed"
            told = await _journal(longhaul, jobs)
            reading.append(asyncio.create_task(_all_read(slow, late)))
            await until(lambda: told <= read)
            await until(lambda: told <= late)
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
    assert read == late == told | {seen for seen in read if seen[0] == f"agent/{agent}"}
    assert len(witness.effects()) == JOBS * len(CALLS)


async def test_a_redis_that_comes_back_empty_while_nothing_happens_is_told(
    there: Settings, valkey: Own, witness: Witness, unique: str
) -> None:
    """Its readers need no new event to get the old ones."""
    late: Seen = set()
    agents = Agents({"toy": Toy()}, toy_tools(witness, seconds=20))
    async with running(there, agents), Longhaul.connect(there) as longhaul:
        await longhaul.start(toy(unique, "keyed"))
        await ended(longhaul, unique)
        told = await _journal(longhaul, [unique])
        valkey.kill()
        await _comes_back_empty(valkey)
        async with Notices.of(there.needed("redis_url"), f"agent-{unique}") as notices:
            notices.last = "0"
            reading = asyncio.create_task(_all_read(notices, late))
            await until(lambda: told <= late)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def test_limits_and_leases_recover(valkey: Own, redis: Redis, unique: str) -> None:
    limiter, leases = Limiter(redis), Leases(redis)
    assert 0 < [await limiter.take(unique, per_minute=60, burst=1) for _ in range(3)][-1] <= 1
    async with contextlib.AsyncExitStack() as old:
        await old.enter_async_context(leases.hold(unique, seconds=60))
        valkey.kill()
        assert await limiter.take(unique, per_minute=60, burst=1) == 0, "without Redis calls are not limited"
        await _comes_back_empty(valkey)
        assert 0 < [await limiter.take(unique, per_minute=60, burst=1) for _ in range(3)][-1] <= 1
        async with leases.hold(unique, seconds=60, patience=1):
            await old.aclose()
            with pytest.raises(ResourceBusy, match=unique):
                await leases.hold(unique, seconds=60, patience=0.2).__aenter__()
