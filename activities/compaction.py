"""Compaction of one agent's memory: what is due is summarised outside of any transaction, and then judged again.

What was written meanwhile stays: the summaries take the place of their sources only where these are what they were.
A repeated attempt looks at the memory as it stands; once the summaries are there nothing is due, and no model is asked.
"""

import asyncio

from activities.crash import CrashPoints
from agents.llm import LanguageModel
from agents.summary import summary
from domain.compaction import Due, Policy, Summary, compacted, due, extracted, worded
from domain.errors import LonghaulError, RateLimited
from domain.words import words_of
from stores.limit import Limiter
from stores.memory import Changed, Memories

LONGEST_WHY = 200


class Compaction:
    """Compacts memories by a policy. Without a `language` model, and when it fails, summaries are extracted."""

    def __init__(
        self,
        memories: Memories,
        limiter: Limiter,
        *,
        policy: Policy,
        crash: CrashPoints,
        language: LanguageModel | None,
        calls_per_minute: float,
    ) -> None:
        self.memories = memories
        self.limiter = limiter
        self.policy = policy
        self.crash = crash
        self.language = language
        self.calls_per_minute = calls_per_minute

    async def compact(self, agent: str, now: float) -> Changed:
        """Compacts what is due at `now` (Unix seconds); returns the memory, and what was appended."""
        memory = await self.memories.load(agent)
        summaries = [await self._summary(each) for each in due(memory, self.policy, now)]
        if not summaries:
            return memory, []
        self.crash("before_compaction")
        return await self.memories.change(agent, lambda memory: compacted(memory, summaries, now))

    async def _summary(self, each: Due) -> Summary:
        why = ""
        if self.language:
            try:
                return worded(each, await self._asked(self.language, each), self.language.name)
            except LonghaulError as error:
                why = " ".join(words_of(error).split())[:LONGEST_WHY]
        return await asyncio.to_thread(extracted, each, why)

    async def _asked(self, language: LanguageModel, each: Due) -> str:
        if wait := await self.limiter.take(f"model:{language.name}", self.calls_per_minute):
            raise RateLimited(f"model {language.name}", wait)
        return await summary(language, each)
