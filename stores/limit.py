"""Rate limits: GCRA in Lua, on the clock of the Redis server.

The stored value is the theoretical arrival time of the next call. Redis holds nothing that is truth: when it is down,
every call is let through, and the log says so once. One that is silent costs a call half a second, and nothing those of
the next second: they do not ask.
"""

import asyncio
import logging

from redis.asyncio import Redis

from stores.redis import AWAY, REST_SECONDS, STEP_SECONDS, answered

GCRA = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1e6
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = due - interval * burst - now
if wait > 0 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', due + interval), 'PX', math.ceil((due + interval - now) * 1000) + 1000)
return '0'
"""

log = logging.getLogger(__name__)


class Limiter:
    """Lets `per_minute` calls of a name through, `burst` of them at once."""

    def __init__(self, redis: Redis, prefix: str = "longhaul:limit:") -> None:
        self.redis = redis
        self.prefix = prefix
        self._script = redis.register_script(GCRA)
        self._down = False
        self._ask_at = 0.0

    async def take(self, name: str, per_minute: float, burst: int = 10) -> float:
        """0 when the call may go now, else the seconds after which to ask again."""
        now = asyncio.get_running_loop().time
        if now() < self._ask_at:
            return 0.0
        try:
            async with answered(STEP_SECONDS):
                wait = float(await self._script(keys=[self.prefix + name], args=[60 / per_minute, burst]))
        except AWAY as error:
            self._say(error)
            if isinstance(error, TimeoutError):
                self._ask_at = now() + REST_SECONDS
            return 0.0
        self._down = False
        return wait

    def _say(self, error: Exception) -> None:
        if not self._down:
            log.warning("Redis is away, so calls are not limited: %r", error)
        self._down = True
