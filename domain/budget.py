"""Keeping memory.md small enough to be read whole: what leaves it when something new would make it too long.

First what has expired, then the least useful entry that is not pinned: what came from elsewhere before our own, the
oldest before the newer. It goes into the archive, where a search finds it, and an event says so. What is new goes
there at once only if it would fill half of the file alone, or if all the rest is pinned. Room is made before each
addition, so the file is within the budget at every version, those inside a commit included.
"""

from collections.abc import Iterable, Iterator

from domain.disputes import marks
from domain.errors import ToolInvalid
from domain.memory import AgentEvent, AgentState, Entry, MemoryAdded, MemoryArchived, MemoryPinned
from domain.memory_file import NOTHING, line_tokens, render
from domain.tokens import tokens

NOTHING_TOKENS = tokens(NOTHING + "\n")
EXPIRED = "expired"
ROOM = "made room: memory.md would have had {} tokens, {} are allowed"
LONG = "too long for memory.md: {} tokens, of {} for the whole file; no entry may take more than half"
FULL = "no room in memory.md: all that stands there is pinned"
PINNED = "pinned entries would take {} of the {} tokens of memory.md, half at most may be pinned; let one go first"


def size(state: AgentState) -> int:
    """The tokens of memory.md, as of the whole text; lines that were counted before are not counted again."""
    filled = {entry.section for entry in state.entries}
    frame = tokens(render(state.agent, state.version, ())) - NOTHING_TOKENS * len(filled)
    return frame + _cost(state.entries) + sum(tokens(mark) for mark in marks(state.entries).values())


def expired(state: AgentState, now: float) -> tuple[AgentEvent, ...]:
    """The events that archive what has expired by `now` (Unix seconds), pinned or not."""
    return tuple(MemoryArchived(entry_id=entry.id, why=EXPIRED) for entry in state.entries if entry.is_over(now))


def fitting(state: AgentState, events: Iterable[AgentEvent], limit: int) -> tuple[AgentEvent, ...]:
    """`events`, with others before them that make room: memory.md has no more than `limit` tokens after each addition.

    Raises `ToolInvalid` when pinned entries would take more than half of it.
    """
    fitted, now = list[AgentEvent](), state
    for event in events:
        new = list(_with_room(now, event, limit))
        now = now.apply_all(new)
        fitted += new
        if _pins(event):
            _refuse_too_many(now, limit)
    return tuple(fitted)


def _pins(event: AgentEvent) -> bool:
    return (isinstance(event, MemoryAdded) and event.entry.pinned) or (isinstance(event, MemoryPinned) and event.pinned)


def _refuse_too_many(state: AgentState, limit: int) -> None:
    pinned = _cost(entry for entry in state.entries if entry.pinned)
    if pinned > limit / 2:
        raise ToolInvalid(PINNED.format(pinned, limit))


def _with_room(state: AgentState, event: AgentEvent, limit: int) -> Iterator[AgentEvent]:
    if not isinstance(event, MemoryAdded):
        return (yield event)
    if (alone := _cost([event.entry])) > limit / 2:
        return (yield event.model_copy(update={"archived": LONG.format(alone, limit)}))
    gone = expired(state, event.entry.at)
    yield from gone
    state = state.apply_all(gone)
    while (long := size(state.apply(event))) > limit:
        if (entry := _least_useful(state.entries)) is None:
            return (yield event.model_copy(update={"archived": FULL}))
        leaves = MemoryArchived(entry_id=entry.id, why=ROOM.format(long, limit))
        yield leaves
        state = state.apply(leaves)
    return (yield event)


def _cost(entries: Iterable[Entry]) -> int:
    return sum(line_tokens(entry) + 1 for entry in entries)  # and the line break


def _least_useful(entries: Iterable[Entry]) -> Entry | None:
    may_leave = (entry for entry in entries if not entry.pinned)
    return min(may_leave, key=lambda entry: (not entry.trust.is_theirs, entry.at), default=None)
