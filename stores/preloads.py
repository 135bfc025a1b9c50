"""What was found ahead of time for a job's next decision, in Redis: ids of entries, and what they were found for.

Redis is never truth. A value names entries and nothing else that a model could be told: whoever takes it reads them in
Postgres, as the job's agent. It holds no words, neither of memories nor of the question, so that nothing needs to be
erased here. One that is missing, cut, of no sense or out of date costs a search. Who may write to Redis can at most
choose which of the agent's own entries, such as a search could find, are shown for a question that they know. While
Redis is away nothing is kept and nothing is there; while it is silent, a decision waits `LOOK_SECONDS` for it.
"""

import hashlib
import logging

from pydantic import Field, ValidationError
from redis.asyncio import Redis

from domain.frozen import Digest, Frozen
from domain.memory import EntryId
from stores.redis import AWAY, answered

SECONDS = 3600
BYTES = 16_384
LOOK_SECONDS = 0.2
"""How long a decision waits for Redis: what this may spare is no longer than that."""
LONGEST_MS = 60_000.0

log = logging.getLogger(__name__)


class Preloaded(Frozen):
    """The entries, the best first, that a search found for a question at a version of the agent's memory."""

    memory: int
    question: Digest
    entries: tuple[EntryId, ...] = Field(max_length=200)
    searched_ms: float = Field(ge=0, le=LONGEST_MS, allow_inf_nan=False)


class Preloads:
    """What was found ahead, by job."""

    def __init__(self, redis: Redis, prefix: str = "longhaul:ahead:") -> None:
        self.redis = redis
        self.prefix = prefix

    async def keep(self, job: str, found: Preloaded) -> None:
        """Keeps it for an hour, in place of what was there."""
        value = found.model_dump_json()
        if len(value) > BYTES:
            return
        try:
            async with answered():
                await self.redis.set(self.prefix + job, value, ex=SECONDS)
        except AWAY as error:
            log.info("job %s has nothing found ahead, as Redis is away: %s", job, error)

    async def find(self, job: str) -> Preloaded | None:
        """What is there for the job's next decision."""
        try:
            async with answered(LOOK_SECONDS):
                value = await self.redis.getrange(self.prefix + job, 0, BYTES - 1)
        except AWAY:
            return None
        try:
            return Preloaded.model_validate_json(value) if value else None
        except ValidationError:
            log.warning("what was found ahead for job %s is not ours; it is searched anew", job)
            return None


def digest(question: str) -> str:
    """What stands for a question."""
    return hashlib.sha256(question.encode()).hexdigest()
