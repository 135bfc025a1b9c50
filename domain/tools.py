"""What the core must know of a tool, without the tool: a catalogue of facts, against which answers are checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.answers import Effect


@dataclass(frozen=True)
class Batch:
    """Calls that one consent covers: the digest of all that will be done, and a line for the person who is asked."""

    digest: str
    about: str


@dataclass(frozen=True)
class ToolFacts:
    """A tool as the core sees it.

    `check` takes the model's arguments and returns them complete and normalised, or raises ValueError with the reason.
    `summary` is one line for people, from checked arguments. A guarded tool needs a person's consent for each call, or,
    where `batch` names one, for the batch that the call is part of. `about` says what the tool does, `schema` is the
    JSON Schema of its arguments: a language model is told both. `capability` is what a worker must have to run it.
    """

    name: str
    effect: Effect
    guarded: bool
    check: Callable[[dict[str, Any]], dict[str, Any]]
    summary: Callable[[dict[str, Any]], str]
    batch: Callable[[dict[str, Any]], Batch | None] = lambda args: None
    about: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    capability: str = ""


Catalogue = Mapping[str, ToolFacts]
