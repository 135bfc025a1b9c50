"""A person's edit of memory.md on top of what stands now: a three-way merge by entry, against the version of the file.

an entry the person   and it stands as it was        and was replaced since        and has only left the file
left alone            stays                          stays as it is now            stays in the archive
removed               is removed                     what replaced it stays; said  is removed
changed               the new one takes its place    both stay, disputed           the new one takes its place
"""

from collections.abc import Iterable, Iterator, Mapping

from domain.memory import AgentEvent, AgentState, Author, Entry, MemoryAdded, MemoryRemoved
from domain.memory_file import MemoryEdits

Successors = Mapping[str, str]
"""Which entry took the place of which: by the id of the older one."""


def since(base: AgentState, events: Iterable[AgentEvent]) -> Successors:
    """What took whose place in the events that follow `base`."""
    state, found = base, dict[str, str]()
    for event in events:
        state = state.apply(event)
        if isinstance(event, MemoryAdded):
            found |= dict.fromkeys(event.entry.supersedes, event.entry.added_in(state.version).id)
    return found


def merged(
    memory: AgentState, base: AgentState, edits: MemoryEdits, since: Successors, author: Author
) -> tuple[AgentEvent, ...]:
    """The events of the edits of `base`; `since` is what took whose place after that. `memory` shows the archive."""
    newer = {old: entry.id for entry in memory.entries for old in entry.supersedes}
    since = {**since, **newer}
    instead = {fact: old for old, fact in edits.instead}
    removed = tuple(_removed(memory, edits, since, author.name))
    state, events = memory.apply_all(removed), list[AgentEvent](removed)
    topics = {entry.id: entry.topic for entry in base.entries}
    for fact in edits.added:
        new = state.remember([fact], author)
        if old := instead.get(fact):
            new = tuple(_in_place_of(each, _line(old, since), topics.get(old, "")) for each in new)
        state, events = state.apply_all(new), [*events, *new]
    return tuple(events)


def _removed(memory: AgentState, edits: MemoryEdits, since: Successors, by: str) -> Iterator[MemoryRemoved]:
    there = {entry.id for entry in (*memory.entries, *memory.archived)}
    changed = {old for old, _ in edits.instead}
    for gone in edits.removed:
        *_, last = _line(gone, since)
        if gone in there:
            yield MemoryRemoved(entry_id=gone, by=by, why="removed")
        elif last != gone and last in there and gone not in changed:
            yield MemoryRemoved(entry_id=gone, by=by, why=f"removed, but {last} had taken its place, and stays")


def _line(old: str, since: Successors) -> tuple[str, ...]:
    """The entry, what took its place, what took the place of that, and so on."""
    line = [old]
    while (found := since.get(line[-1])) and found not in line:
        line.append(found)
    return tuple(line)


def _in_place_of(event: AgentEvent, line: tuple[str, ...], topic: str) -> AgentEvent:
    """The addition, with what it replaces: the entry that was changed, and those between it and its last successor."""
    if not isinstance(event, MemoryAdded):
        return event
    replaced = line if len(line) == 1 else line[:-1]
    entry: Entry = event.entry.model_copy(update={"supersedes": replaced, "topic": topic})
    return event.model_copy(update={"entry": entry})
