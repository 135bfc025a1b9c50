"""What the kit must be told of a tool: what to call it with, and where its effects are counted.

Every scenario has a *mark* of its own, a word that goes into the arguments, so that its effects can be told from those
of all others. `applied` counts at the target, never inside the tool: how often did it really happen?
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from agents.tools.tool import Tool
from domain.errors import LonghaulError


class CannotTorture(LonghaulError):
    """The tool cannot be tortured."""


@dataclass(frozen=True)
class Torture:
    """One tool, ready to be tortured.

    `args` makes the arguments of a call from its mark. `applied` says how often the call with that mark has happened at
    the target; where the target is our own Postgres, `applied_sql` is a query for that number, with `%s` for the mark.
    `target` is entered for the whole run: it starts a stand-in for the service that the tool talks to. `tables` is SQL
    that makes the tool's own tables. `seconds` replaces the tool's deadline: scenarios wait it out, so it is short, but
    an undisturbed call must fit into it with ease.

    Attempts run in threads, each with an event loop of its own, as workers have: an asynchronous client that is made
    when the module is imported serves only one of them. Of one scenario only one attempt runs at a time.
    """

    tool: Tool[Any]
    args: Callable[[str], Mapping[str, JsonValue]]
    applied: Callable[[str], int | Awaitable[int]] | None = None
    applied_sql: str = ""
    target: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext
    tables: str = ""
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if (self.applied is None) != bool(self.applied_sql):
            raise ValueError(f"tool {self.tool.name}: give either applied or applied_sql, so that effects are counted")
        if self.seconds <= 0:
            raise ValueError(f"tool {self.tool.name}: seconds is {self.seconds}; it must be more than 0")


@contextlib.contextmanager
def blaming(tool: Tool[Any], what: str) -> Iterator[None]:
    """Whatever is raised inside is a mistake in what was given for the tool. Raises `CannotTorture`."""
    try:
        yield
    except CannotTorture:
        raise
    except Exception as error:
        raise CannotTorture(f"{tool.name}: {what}: {type(error).__name__}: {error}") from error
