"""The items of a mailing: a group of rows is one item, so that ten thousand mails are a list that people can read.

A group that has been mailed stays completed. When a change brings rows of it back, they are an item of their own. A
group that a person took off the list stays off it.
"""

from dataclasses import dataclass

from agents.mailing.batch import Group
from agents.playbooks.mailing_view import View
from agents.survey.words import count
from domain.todo import ItemStatus, PlanItem, TodoItem

BY_HAND = "ticked by "


@dataclass(frozen=True)
class Line:
    """One item that mails the rows of a group."""

    group: Group
    item: str
    text: str
    parts: int | None


def prepare_item(view: View) -> PlanItem:
    """The reading of the files that counts."""
    again = f", reading {view.reading}" if view.reading > 1 else ""
    return PlanItem(item=f"prepare:{view.reading}", text=f"Read the list and the template{again}")


def plan(view: View) -> tuple[PlanItem, ...]:
    """Every open item of the mailing, once its files are read."""
    mails = (PlanItem(item=line.item, text=line.text, parts=line.parts) for line in lines(view))
    return (*mails, PlanItem(item=view.sum_up, text="Say what was mailed"))


def is_planned(view: View) -> bool:
    """Whether the open items are those of this batch and this choice."""
    mine = any(item.item == view.sum_up for item in view.context.state.todo)
    strange = (item for item in view.open_items if group_of(view, item.item) is None and item.item != view.sum_up)
    return mine and not any(strange)


def lines(view: View) -> list[Line]:
    """An item for each group that has something to mail, or that people have not seen on the list yet."""
    prefix = _prefix(view)
    known = any(item.item.startswith(prefix) for item in view.context.state.todo)
    found = (_line(view, group, known) for group in view.batch.groups)
    return [line for line in found if line]


def group_of(view: View, item: str) -> Group | None:
    """The group that the item mails."""
    prefix = _prefix(view)
    if not item.startswith(prefix):
        return None
    return view.batch.named.get(item.removeprefix(prefix).partition(":")[0])


def _prefix(view: View) -> str:
    return f"mail:{view.digest[:6]}:"


def _line(view: View, group: Group, known: bool) -> Line | None:
    base = _prefix(view) + group.name
    mine = [item for item in view.context.state.todo if group_of(view, item.item) == group]
    open_ones = [item for item in mine if item.status is not ItemStatus.COMPLETED]
    left = len(list(view.undone(group)))
    if open_ones:
        return _written(group, open_ones[0].item, left, done=open_ones[0].parts_done, again=len(mine) > 1)
    went_stale = any(group_of(view, item) == group for item in view.context.state.stale)
    taken_off = known and not mine and not went_stale
    if any(_by_hand(item) for item in mine) or (mine and not left) or taken_off:
        return None
    item = f"{base}:{len(mine) + 1}" if mine else base
    return _written(group, item, left, done=0, again=bool(mine))


def _by_hand(item: TodoItem) -> bool:
    return item.result is not None and item.result.text.startswith(BY_HAND)


def _written(group: Group, item: str, left: int, *, done: int, again: bool) -> Line:
    first, last = group.rows[0][0], group.rows[-1][0]
    rows = f"row {first}" if first == last else f"rows {first} to {last}"
    many = count(left + done, "mail") if left + done else "nothing to mail"
    text = f"Mail {rows} ({many})" if not again else f"Mail what is left of {rows} ({many}, {item.rpartition(':')[2]})"
    return Line(group, item, text, left + done or None)
