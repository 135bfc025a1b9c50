"""The one Redis client: how it is made, how long anybody waits for its answer, and what its being away looks like.

The library's own `socket_timeout` must stay off: on Python 3.11 it bounds each write with `asyncio.wait_for`, which
returns the write's result and forgets a cancellation that came in the same turn of the loop. A worker that is told to
stop would then work on, and Ctrl-C would do nothing. `asyncio.timeout` forgets none.
"""

import asyncio

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

CONNECT_SECONDS = 2
ANSWER_SECONDS = 5.0
STEP_SECONDS = 0.5
"""How long a step of a job waits for Redis, which it can do without."""
REST_SECONDS = 1.0
"""For how long no step asks a Redis again that was silent."""

AWAY = (RedisError, OSError)
"""What is raised when Redis is down, unreachable, or silent (a time-out is an `OSError`)."""


def client(url: str) -> Redis:
    """A client that connects when it is first used.

    A connection that Redis has closed is replaced at once. The library's own retries wait for seconds, which every step
    of every job would pay while Redis is down.
    """
    once_more = Retry(NoBackoff(), 1)
    return Redis.from_url(url, socket_timeout=None, socket_connect_timeout=CONNECT_SECONDS, retry=once_more)


def answered(seconds: float = ANSWER_SECONDS) -> asyncio.Timeout:
    """Around every use: raises `TimeoutError` when Redis is silent for so long."""
    return asyncio.timeout(seconds)
