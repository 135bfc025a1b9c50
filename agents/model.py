"""What a model is: something that answers for a job. Playbooks and language models look the same from here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from domain.answers import Usage
from domain.job import JobState
from domain.memory import Entry
from domain.preference import Customs
from domain.tools import Catalogue

NO_USAGE = Usage()
NO_CUSTOMS = Customs()


@dataclass(frozen=True)
class Context:
    """What a model is told: the job as it stands, what its agent remembers, the tools it may call, the time (Unix).

    `customs` are the agent's profile, and what the people of the job prefer: only people set either.

    `memory` is what stands in memory.md; `recalled` is what a search found beyond that for what the job is at.

    `artifact` reads what a result names by its SHA-256; it raises `NotFound`. `keep` stores a text that is too long for
    an argument, and returns its SHA-256.
    """

    state: JobState
    memory: tuple[Entry, ...]
    tools: Catalogue
    now: float
    artifact: Callable[[str], Awaitable[bytes]]
    keep: Callable[[bytes], Awaitable[str]] | None = None
    recalled: tuple[Entry, ...] = ()
    customs: Customs = NO_CUSTOMS


@dataclass(frozen=True)
class Reply:
    """What a model said: `answer` is JSON that should be a `domain.answers.Answer`; it is checked, never trusted.

    `fault` says why what it said cannot even be put as an answer; then `answer` is what it said.
    """

    answer: object
    usage: Usage = NO_USAGE
    fault: str = ""


class Model(Protocol):
    """Anything that answers. Raises `ModelUnavailable` when it cannot now."""

    @property
    def name(self) -> str: ...

    async def reply(self, context: Context) -> Reply: ...
