"""A language model as a `Model`: it is told the job, calls functions, and its calls become the answer.

    state ──▶ prompt ──▶ request ──▶ calls of functions ──▶ Answer, or the reason why it is none
                            └── later (RateLimited, ModelUnavailable), or never (Refused)

It keeps nothing between two answers but how long its provider wants to be left alone.
"""

import asyncio
import importlib
import time
from typing import Any

from agents.choice import Choice
from agents.functions import Function, Said, answer, functions
from agents.heard import DEFAULT, GAVE_UP, TooMuchSaid, nobody_summed_up
from agents.model import Context, Reply
from agents.prompt import INSTRUCTIONS, prompt
from domain.errors import InvalidAnswer, RateLimited, Refused


class LanguageModel:
    """The model that the settings chose."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self._free_at = 0.0

    @property
    def name(self) -> str:
        return self.choice.model

    async def reply(self, context: Context) -> Reply:
        """One answer; when people said too much for it, that a person is to sum it up. Raises what `ask` raises."""
        if nobody_summed_up(context.state):
            return Reply({"says": GAVE_UP, "plan": None, "intent": {"kind": "give_up", "reason": GAVE_UP}})
        try:
            text = await prompt(context, self.choice.prompt_tokens)
        except TooMuchSaid as much:
            return _sum_up(context, much)
        said = await self.ask(INSTRUCTIONS, text, functions(context.tools))
        return await _understood(context, said)

    async def ask(self, instructions: str, text: str, offered: tuple[Function, ...]) -> Said:
        """What the model says. Raises `RateLimited`, `ModelUnavailable`, and `Refused` for what a person must mend."""
        self.choice.check()
        if (left := self._free_at - time.monotonic()) > 0:
            raise RateLimited(f"{self.choice.place} asked to be left alone", left)
        provider = await asyncio.to_thread(_provider)
        provider.check_price(self.choice)
        try:
            said: Said = await provider.ask(self.choice, instructions, text, offered)
        except RateLimited as limited:
            self._free_at = time.monotonic() + limited.retry_after
            raise
        return said


def _sum_up(context: Context, much: TooMuchSaid) -> Reply:
    """Asks a person. A plan that is out of date is let go: the model makes one when it knows what holds."""
    is_old = context.state.planned_revision < context.state.revision
    ask = {"kind": "ask", "question": much.question, "default": DEFAULT}
    return Reply({"says": "people said more than fits", "plan": [] if is_old else None, "intent": ask})


async def _understood(context: Context, said: Said) -> Reply:
    """What the model said as an answer, or with the fault that it is told the next time."""
    raw = [said.text, *([call.name, call.args] for call in said.calls)]
    if said.cut:
        return Reply(raw, said.usage, fault="it was cut off at the model's limit of tokens; write less at a time")
    assert context.keep is not None
    try:
        found = await answer(said.calls, said.text, context.tools, context.keep)
    except InvalidAnswer as error:
        return Reply(raw, said.usage, fault=str(error.args[0]))
    return Reply(found, said.usage)


def _provider() -> Any:
    """The module that speaks with providers. It takes seconds to import, and is no part of a plain installation."""
    try:
        return importlib.import_module("agents.provider")
    except ImportError as error:
        raise Refused(f"{error}; install what language models need: pip install 'longhaul[models]'") from error
