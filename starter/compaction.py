"""Compaction as the settings want it: by workers, and on a person's word."""

import time

from activities.compaction import Compaction
from activities.crash import CrashPoints
from agents.choice import NONE, Choice
from agents.llm import LanguageModel
from domain.compaction import Policy
from domain.memory_file import NAME
from settings import Settings
from starter.at_home import follow
from starter.client import Longhaul
from stores.limit import Limiter
from stores.memory import Changed, Memories
from stores.redis import client


def choice(settings: Settings) -> Choice:
    """Which language model answers."""
    return Choice(
        settings.model,
        url=settings.model_url,
        key=settings.key_of_model(),
        price=settings.model_price,
        seconds=settings.model_seconds,
        prompt_tokens=settings.prompt_tokens,
    )


def language_model(settings: Settings) -> LanguageModel | None:
    """The language model, if one is set."""
    return LanguageModel(choice(settings)) if settings.model != NONE else None


def compaction(
    settings: Settings, memories: Memories, limiter: Limiter, language: LanguageModel | None, policy: Policy
) -> Compaction:
    """What compacts memories."""
    return Compaction(
        memories,
        limiter,
        policy=policy,
        crash=CrashPoints(settings.crash_points),
        language=language,
        calls_per_minute=settings.model_calls_per_minute,
    )


async def compacted(longhaul: Longhaul, agent: str, policy: Policy) -> Changed:
    """Compacts here and now what is due, once what people edited in the file is in; returns what was appended."""
    settings = longhaul.settings
    await follow(longhaul, agent, NAME)
    async with client(settings.needed("redis_url")) as redis:
        compacting = compaction(settings, longhaul.memories, Limiter(redis), language_model(settings), policy)
        done = await compacting.compact(agent, time.time())
    await follow(longhaul, agent, NAME)
    return done
