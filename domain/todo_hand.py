"""What a person does to one item of a job's TODO list, as the event that an edit of the file would be."""

from domain.errors import NotFound, Refused
from domain.events import TodoEdited
from domain.todo import DroppedItem, ItemStatus, TodoItem
from domain.todo_file import JobTodo, clean, new_item


def adding(job: JobTodo, text: str, by: str, at: float) -> TodoEdited:
    """A new item behind the others. Raises `Refused` when there is nothing to add."""
    item = new_item(clean(text))
    if item is None:
        raise Refused("an item needs a text")
    if same := [known for known in job.items if item.text == known.text]:
        raise Refused(f"job {job.job} has that item already: {same[0].item}, {same[0].status}")
    return TodoEdited(by=by, added=(item,), order=(*(known.item for known in job.items), item.item), at=at)


def ticking(job: JobTodo, named: str, by: str, at: float) -> TodoEdited:
    """The item is done. Raises `NotFound`, and `Refused` for one that is done already."""
    item = _open(job, named)
    return TodoEdited(by=by, ticked=(item.item,), order=tuple(known.item for known in job.items), at=at)


def dropping(job: JobTodo, named: str, by: str, at: float, why: str) -> TodoEdited:
    """The item leaves the list. Raises `NotFound`, and `Refused` for one that is done."""
    item = _open(job, named)
    order = tuple(known.item for known in job.items if known is not item)
    return TodoEdited(by=by, dropped=(DroppedItem(item=item.item, why=why),), order=order, at=at)


def has(job: JobTodo, named: str) -> bool:
    """Whether the list has an item of that id or text."""
    return _find(job, named) is not None


def _open(job: JobTodo, named: str) -> TodoItem:
    found = _find(job, named)
    if found is None:
        there = ", ".join(item.item for item in job.items if item.status is not ItemStatus.COMPLETED)
        raise NotFound(f"item {named!r} of job {job.job}; open are {there or 'none'}")
    if found.status is ItemStatus.COMPLETED:
        raise Refused(f"item {found.item} of job {job.job} is done already")
    return found


def _find(job: JobTodo, named: str) -> TodoItem | None:
    return next((item for item in job.items if named in (item.item, item.text)), None)
