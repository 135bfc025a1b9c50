"""The Valkey user of workers and the command line: each of its commands is used, and no other is there."""

from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from domain.erasure import Words
from domain.events import JobOpened
from domain.head import Head
from settings import Settings
from stack.valkey import RIGHTS, USER
from stores.jobs import Jobs
from stores.lease import Leases
from stores.limit import Limiter
from stores.notices import Notices, forget
from stores.postgres import Pool
from stores.preloads import Preloaded, Preloads, digest
from stores.relay import Relay, stream_key
from tests.unit.domain.toy import requested

REFUSED = (
    "FLUSHALL",
    "FLUSHDB",
    "CONFIG GET requirepass",
    "CONFIG SET dir /tmp",
    "KEYS *",
    "SCAN 0",
    "ACL LIST",
    "ACL SETUSER longhaul +@all",
    "EVAL return 0",
    "SCRIPT FLUSH",
    "FUNCTION LIST",
    "MONITOR",
    "SHUTDOWN NOSAVE",
    "SAVE",
    "REPLICAOF NO ONE",
    "MIGRATE h 1 longhaul:x 0 1",
    "CLIENT LIST",
    "RENAME longhaul:a longhaul:b",
    "XTRIM longhaul:agent:x MAXLEN 0",
    "GET another:key",
    "SET another:key 1",
    "XREAD STREAMS another:key 0",
    "PUBLISH another:channel x",
)


@pytest.mark.parametrize("command", REFUSED)
async def test_it_is_refused(command: str, redis: Any) -> None:
    with pytest.raises(NoPermissionError):
        await redis.execute_command(*command.split())


async def test_a_script_may_do_no_more_than_its_user(redis: Redis) -> None:
    with pytest.raises(Exception, match=r"(?i)ACL|permission"):
        await redis.register_script("return redis.call('KEYS', '*')")()


async def test_every_right_is_needed_and_every_need_is_met(
    redis: Redis, redis_admin: Any, settings: Settings, pool: Pool, unique: str
) -> None:
    await redis_admin.execute_command("CONFIG", "RESETSTAT")
    await redis_admin.execute_command("SCRIPT", "FLUSH")
    await redis_admin.execute_command("ACL", "LOG", "RESET")
    async with Notices.of(settings.needed("redis_url"), "ann") as notices:
        await Jobs(pool).append("toy-1", Head(), lambda standing: [requested(), JobOpened(at=1.0)])
        while await Relay(pool, redis).once():
            continue
        await notices.next("toy-1")
    assert await Limiter(redis).take(unique, per_minute=60) == 0.0
    found = Preloaded(memory=1, question=digest("x"), entries=("m1",), searched_ms=1.0)
    await Preloads(redis).keep(unique, found)
    assert await Preloads(redis).find(unique) == found
    async with Leases(redis).hold(unique, seconds=5):
        assert await redis.ping()
    assert await redis_admin.xlen(stream_key("ann"))
    assert await forget(settings.needed("redis_url"), "ann", Words("send it all"))
    refused = await redis_admin.execute_command("ACL", "LOG")
    assert [entry for entry in refused if entry.get("username") in (USER, USER.encode())] == []
    used = {name.removeprefix("cmdstat_") for name in await redis_admin.info("commandstats")}
    granted = {word.removeprefix("+") for word in RIGHTS.split() if word.startswith("+")}
    assert granted - used == {"client|setname"}, "which a URL may ask for: redis://…?client_name=…"
