"""What a model may answer: an optional new plan, and one intent."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from domain.frozen import Digest, Frozen, Text
from domain.todo import ItemId, PlanItem


class Effect(StrEnum):
    """What a tool does to the world, and so what a retry may do that finds its call without an outcome."""

    PURE = "pure"
    TRANSACTIONAL = "transactional"
    KEYED = "keyed"
    LOOKUP = "lookup"
    ONCE = "once"


class UseTool(Frozen):
    """The model wants a tool called. `completes` says that success completes the item.

    `part` numbers the part of a large piece of work that the call does (a row of a list, say): the job's state keeps
    which parts are done.
    """

    kind: Literal["use_tool"] = "use_tool"
    tool: str
    args: dict[str, JsonValue] = {}
    item: ItemId
    completes: bool = True
    part: int | None = Field(default=None, ge=0)


class Ask(Frozen):
    """The model wants to know something from a person; `default` is what it does without an answer."""

    kind: Literal["ask"] = "ask"
    question: Text
    default: Text


class Finish(Frozen):
    """The model holds the job to be done. `learnings` go into the agent's memory."""

    kind: Literal["finish"] = "finish"
    result: Text
    learnings: tuple[Text, ...] = ()


class GiveUp(Frozen):
    """The model sees no way to do the job."""

    kind: Literal["give_up"] = "give_up"
    reason: Text


Intent = Annotated[UseTool | Ask | Finish | GiveUp, Field(discriminator="kind")]


class Answer(Frozen):
    """One answer of a model. `plan`, when given, replaces every item that is not completed."""

    says: Text
    plan: tuple[PlanItem, ...] | None = None
    intent: Intent


class PlannedCall(Frozen):
    """A tool call as it was decided: what an approval is asked for, and what `act` then carries out.

    With a `batch`, one consent to that digest covers every call of the batch. Where the call is sent to follows from
    its `capability`, whatever the tool says later.
    """

    kind: Literal["call"] = "call"
    tool: str
    args: dict[str, JsonValue]
    args_hash: Digest
    effect: Effect
    guarded: bool
    item: ItemId
    completes: bool
    summary: str
    part: int | None = None
    batch: Digest | None = None
    capability: str = ""

    @property
    def consent(self) -> Digest:
        """What a person's consent must name."""
        return self.batch or self.args_hash


Decision = Annotated[PlannedCall | Ask | Finish | GiveUp, Field(discriminator="kind")]
"""An intent after it was checked against the job and its tools."""


class Usage(Frozen):
    """What an answer cost: US dollars, and tokens as the provider counted them."""

    cost: float = Field(default=0.0, ge=0)
    tokens_in: int = Field(default=0, ge=0)
    tokens_out: int = Field(default=0, ge=0)
