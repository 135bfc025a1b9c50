"""What becomes of a TODO list by rules, and not by a model or a person. Part of what can stand in a job's stream."""

from typing import Literal

from domain.answers import Usage
from domain.frozen import Frozen, Text
from domain.todo import DroppedItem, ItemId, VagueItem


class VagueAnswered(Frozen):
    """The model's plan, or the item it took up, does not say what is to be done; it must break it down."""

    type: Literal["VagueAnswered"] = "VagueAnswered"
    items: tuple[VagueItem, ...]
    excerpt: str
    usage: Usage = Usage()


class DoubtRaised(Frozen):
    """A rule, not the model, found what only people can settle, and has the job ask them.

    `texts` are the items that the question is about: what their makers say of them then counts, and no rule.
    """

    type: Literal["DoubtRaised"] = "DoubtRaised"
    question: Text
    default: Text
    texts: tuple[str, ...] = ()
    key: str = ""
    """What it is about, so that it is raised once."""


class ItemsWentStale(Frozen):
    """Items waited longer than they may; the list is planned anew."""

    type: Literal["ItemsWentStale"] = "ItemsWentStale"
    dropped: tuple[DroppedItem, ...]
    at: float


class ItemsArchived(Frozen):
    """Items that were completed long ago left TODO.md; `longhaul todo show --archived` lists them."""

    type: Literal["ItemsArchived"] = "ItemsArchived"
    archived: tuple[ItemId, ...]
    why: str
    at: float


TodoEvent = VagueAnswered | DoubtRaised | ItemsWentStale | ItemsArchived
