"""The items of a job's TODO list."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from domain.frozen import Digest, Frozen

ItemId = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\s\x00-\x1f]+$")]
ItemText = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]


class ItemStatus(StrEnum):
    """Where an item stands. At most one item of an agent is in progress."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class ItemResult(Frozen):
    """What completing an item yielded: a sentence, a few values, and the artifact that holds the rest."""

    text: str = ""
    data: dict[str, JsonValue] = {}
    ref: Digest | None = None


class PlanItem(Frozen):
    """A line of a plan: `item` is stable across plans, `text` is what people read, `parts` how many calls it takes.

    `vague` is why the line, which a person wrote, must be broken down before it can be worked on (`domain.vague`).
    """

    item: ItemId
    text: ItemText
    parts: int | None = Field(default=None, ge=1)
    vague: str = ""


class TodoItem(PlanItem):
    """A line of the TODO list. `added_at` is Unix seconds, unknown for plans of older releases.

    What is `archived` was done long ago: it counts as done, and is in neither TODO.md nor what a model is told.
    """

    status: ItemStatus = ItemStatus.PENDING
    completed_at: float | None = None
    result: ItemResult | None = None
    parts_done: int = 0
    added_at: float | None = None
    archived: bool = False

    def start(self) -> "TodoItem":
        return self.model_copy(update={"status": ItemStatus.IN_PROGRESS})

    def stop(self) -> "TodoItem":
        return self.model_copy(update={"status": ItemStatus.PENDING})

    def complete(self, at: float, result: ItemResult) -> "TodoItem":
        return self.model_copy(update={"status": ItemStatus.COMPLETED, "completed_at": at, "result": result})


class VagueItem(Frozen):
    """A line that does not say what is to be done, and why."""

    item: ItemId
    text: ItemText
    why: str


class DroppedItem(Frozen):
    """An item that left the list undone, and why."""

    item: ItemId
    why: str


class Tidiness(Frozen):
    """How many days an item may wait, and how many one that is completed stays on the list."""

    stale_days: float = Field(gt=0)
    archive_days: float = Field(gt=0)

    @property
    def why_stale(self) -> str:
        return f"stale: it has waited for more than {self.stale_days:g} days"

    @property
    def why_archived(self) -> str:
        return f"completed more than {self.archive_days:g} days ago"


def in_progress(todo: tuple[TodoItem, ...]) -> TodoItem | None:
    """The item that is being worked on, if any."""
    return next((item for item in todo if item.status is ItemStatus.IN_PROGRESS), None)
