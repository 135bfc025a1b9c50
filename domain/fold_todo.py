"""How events change the TODO list: what is planned, what people edit, what rules find vague, stale or long done."""

from typing import assert_never

from domain import events as e
from domain import todo_events as t
from domain.answers import Ask
from domain.facts import JobFacts, Said
from domain.fold_calls import S, changed
from domain.todo import ItemId, ItemResult, ItemStatus, PlanItem, TodoItem, in_progress

Listing = e.PlanRevised | e.TodoEdited | t.TodoEvent


def listing(state: S, event: Listing) -> S:
    match event:
        case e.PlanRevised():
            return _planned(state, event)
        case e.TodoEdited():
            return _edited(state, event)
        case t.VagueAnswered():
            fault = "; ".join(f"{vague.item} ({vague.text}): {vague.why}" for vague in event.items)
            return changed(state, vague=state.vague + 1, fault=fault, cost=state.cost + event.usage.cost)
        case t.DoubtRaised():
            shown = (*state.shown_vague, *event.texts)
            intent = Ask(question=event.question, default=event.default)
            todo = tuple(_unmarked(item) if item.text in event.texts else item for item in state.todo)
            raised = (*state.raised, *filter(None, [event.key]))
            return changed(state, intent=intent, todo=todo, shown_vague=shown, vague=0, raised=raised)
        case t.ItemsWentStale():
            return _stale(state, event)
        case t.ItemsArchived():
            todo = tuple(_put_away(item) if item.item in event.archived else item for item in state.todo)
            return changed(state, todo=todo)
        case _:
            assert_never(event)


def _planned(state: S, event: e.PlanRevised) -> S:
    """What is done stays; an item that stays on the list is as old as it was."""
    done = tuple(item for item in state.todo if item.status is ItemStatus.COMPLETED)
    kept, before = {item.item for item in done}, {item.item: item for item in state.todo}
    new = tuple(_replanned(item, before.get(item.item), event.at) for item in event.items if item.item not in kept)
    names = {item.item for item in new}
    stale = tuple(item for item in state.stale if item not in names)
    revision = event.revision
    return changed(state, todo=done + new, stale=stale, planned_revision=revision, last_planned=revision)


def _replanned(new: PlanItem, old: TodoItem | None, at: float | None) -> TodoItem:
    return _listed(new, old.parts_done, old.added_at) if old else _listed(new, added_at=at)


def _listed(new: PlanItem, parts_done: int = 0, added_at: float | None = None) -> TodoItem:
    return TodoItem(
        item=new.item, text=new.text, parts=new.parts, vague=new.vague, parts_done=parts_done, added_at=added_at
    )


def _edited(state: S, event: e.TodoEdited) -> S:
    state = _told(state, event)
    gone = {item.item for item in event.dropped}
    todo = {item.item: item for item in state.todo if item.item not in gone or item.status is ItemStatus.COMPLETED}
    todo |= {new.item: _listed(new, added_at=event.at) for new in event.added if new.item not in todo}
    for ticked in event.ticked:
        if ticked in todo and todo[ticked].status is not ItemStatus.COMPLETED:
            todo[ticked] = todo[ticked].complete(event.at, ItemResult(text=f"ticked by {event.by}"))
    place = {item: n for n, item in enumerate(event.order)}
    ordered = tuple(sorted(todo.values(), key=lambda item: place.get(item.item, len(place))))
    return changed(state, todo=ordered, intent=state.intent if state.call else None)


def _told(state: S, event: e.TodoEdited) -> S:
    """What is done to the item at work is told to the model too, and its call, if one is open, is not sent again."""
    running = in_progress(state.todo)
    did = changes_running(state, event)
    if running is None or not did:
        return state
    text = f"{did} while you worked on it"
    said = Said(by=event.by, text=text, revision=state.revision, version=state.version)
    of_call = state.call if state.call and state.call.call.item == running.item else None
    call = of_call.model_copy(update={"withdrawn": True}) if of_call else state.call
    return changed(state, information=(*state.information, said), call=call)


def changes_running(state: JobFacts, event: e.TodoEdited) -> str:
    """What the edit does to the item at work, or nothing. Its text may be foreign, so that its id names it."""
    running = in_progress(state.todo)
    if running is None:
        return ""
    if running.item in event.ticked:
        return f"I ticked item {running.item} as done"
    why = next((dropped.why for dropped in event.dropped if dropped.item == running.item), None)
    return "" if why is None else f"I dropped item {running.item} ({why})"


def _stale(state: S, event: t.ItemsWentStale) -> S:
    """The items go, but for what is done or at work; the plan is out of date."""
    busy = {state.call.call.item} if state.call else set[ItemId]()
    named = {item.item for item in event.dropped} - busy
    gone = tuple(item.item for item in state.todo if item.item in named and item.status is not ItemStatus.COMPLETED)
    if not gone:
        return state
    left = tuple(item for item in state.todo if item.item not in gone)
    return changed(state, todo=left, stale=(*state.stale, *gone), planned_revision=0)


def _unmarked(item: TodoItem) -> TodoItem:
    return item.model_copy(update={"vague": ""})


def _put_away(item: TodoItem) -> TodoItem:
    return item.model_copy(update={"archived": item.status is ItemStatus.COMPLETED})
