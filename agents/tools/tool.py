"""What a tool is, and what it is given.

A tool declares its effect, and from the declaration it gets idempotency, audit, approval, rate limit and lease:

    pure           changes nothing; may be run again at any time
    transactional  changes our Postgres through `ctx.execute`, or returns `files` and `memories`: all in one commit
    keyed          passes `ctx.key` to a target that honours idempotency keys; may be run again with the same key
    lookup         has a `lookup` that asks the target whether it got `ctx.key`
    once           can neither be repeated nor asked about: an outcome in doubt goes to a person

`run` calls `ctx.last_check()` immediately before the effect. What `run` raises as `ToolUnsent` is known not to have
happened, what as `ToolInvalid` not to happen ever with these arguments. Any other error of a tool that is not pure
leaves the outcome in doubt: it is settled by the effect, and by a person at once if it is `ToolInDoubt`.
"""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.answers import Effect
from domain.memory import Entry, Remembered, Trust
from domain.tools import Batch


class Args(BaseModel):
    """The base of a tool's arguments: strict, and nothing that is not declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Files(Protocol):
    """The agent's files: what tools wrote, as the journal has it, and what people put into its directory."""

    async def listing(self) -> tuple[str, ...]:
        """The paths below the agent's directory, sorted."""

    async def read(self, path: str) -> bytes | None:
        """The file's content, or None when there is none. Raises `Refused` for a path that leads elsewhere."""


class Recall(Protocol):
    """Searches an agent's memory for this agent."""

    async def __call__(self, question: str, agent: str, tokens: int) -> tuple[Entry, ...]:
        """What answers best and has so many tokens together. Raises `Refused` for a memory that it may not read."""


class Execute(Protocol):
    """Runs one SQL statement with parameters inside the transaction that also records the outcome."""

    async def __call__(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...


@dataclass(frozen=True)
class ToolContext:
    """What a running tool may use. `key` is the call's idempotency key; `home` the agent's directory (read only)."""

    job: str
    agent: str
    key: str
    step: int
    now: float
    home: str
    last_check: Callable[[], None]
    """Call it immediately before the effect: raises `ToolUnsent` when the deadline passed or the call was cancelled."""
    artifact: Callable[[str], Awaitable[bytes]]
    """Reads an artifact by its SHA-256."""
    execute: Execute | None = None
    files: Files | None = None
    recall: Recall | None = None
    influence: Trust = Trust.OWN
    """The least trusted of what the job's language model has read."""
    told: Trust = Trust.OWN
    """The least trusted of the memories that it was told."""


@dataclass(frozen=True)
class ToolResult:
    """What a tool gives back.

    `text` is one sentence for people and models (up to 2,000 characters); `data` a few values (up to 4 KB as JSON);
    `content` anything larger, stored as an artifact, as are `attachments`, which the content names by their SHA-256.
    `files` (path below the agent's directory to content) are shown there. `memories`, and `forgotten` (ids of entries,
    which must be there), need a transactional tool; `told` is another agent whose memory the memories are for.
    `trust` is whose word the result is, where the tool's `gives` does not say it for all.
    """

    text: str
    data: dict[str, JsonValue] = field(default_factory=dict)
    content: bytes | None = None
    attachments: tuple[bytes, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    memories: tuple[Remembered, ...] = ()
    forgotten: tuple[str, ...] = ()
    told: str = ""
    trust: Trust | None = None


A = TypeVar("A", bound=Args)


@dataclass(frozen=True)
class Tool(Generic[A]):
    """One tool. `seconds` is the hard deadline of one call; `resource` names what only one call at a time may use;
    `calls_per_minute` limits its calls over all workers, below the installation's own limit.

    `capability` names what a worker must have to run it (a GPU, a place in the network): only workers that serve it,
    by LONGHAUL_CAPABILITIES, get its calls.
    `batch` names, for a guarded tool, the batch that a call is part of: one consent then covers all of its calls.
    `about` tells language models what it does.
    `gives` is whose word its results are: of a tool that is pure, and so reads, `Trust.TOOL`, of any other `Trust.OWN`,
    unless it says otherwise. What a language model remembers after it has read is no more trusted than that.
    """

    name: str
    effect: Effect
    args: type[A]
    run: Callable[[ToolContext, A], Awaitable[ToolResult]]
    summary: Callable[[A], str]
    lookup: Callable[[ToolContext, A], Awaitable[ToolResult | None]] | None = None
    guarded: bool = False
    seconds: float = 60.0
    calls_per_minute: float = math.inf
    resource: Callable[[A], str | None] = lambda args: None
    batch: Callable[[A], Batch] | None = None
    about: str = ""
    capability: str = ""
    gives: Trust | None = None

    def trust(self, result: ToolResult) -> Trust:
        """Whose word the result is."""
        reads = Trust.TOOL if self.effect is Effect.PURE else Trust.OWN
        return result.trust or self.gives or reads

    def __post_init__(self) -> None:
        if (self.effect is Effect.LOOKUP) != (self.lookup is not None):
            raise ValueError(f"tool {self.name}: effect 'lookup' and a lookup function go together")
