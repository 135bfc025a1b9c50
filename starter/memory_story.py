"""An agent's memory as people read it: its events as lines, its entries, the difference of two versions."""

from collections.abc import Iterable, Iterator
from typing import Any, assert_never

from domain.disputes import Dispute, disputes
from domain.erasure import TextErased
from domain.memory import (
    AgentEvent,
    AgentState,
    Entry,
    FileRestored,
    MemoryAdded,
    MemoryArchived,
    MemoryPinned,
    MemoryRemoved,
    MemoryRolledBack,
)
from domain.memory_file import minute
from domain.preference import PersonEvent, ProfileSet
from domain.sharing import AccessGranted, AccessRevoked, MemoryRead
from starter.output import line
from stores.memory import Change


def tell(event: AgentEvent, version: int) -> str:
    """One line for an event that made this version."""
    match event:
        case MemoryAdded():
            entry = event.entry.added_in(version)
            kept = f"archived {entry.id} ({event.archived}) of" if event.archived else f"added {entry.id} to"
            return f"{kept} {entry.section}: {line(entry.text)}"
        case MemoryRemoved():
            return f"removed {event.entry_id}: {line(event.why)}"
        case MemoryArchived():
            return f"archived {event.entry_id}: {line(event.why)}"
        case MemoryPinned():
            return f"{'pinned' if event.pinned else 'let go of'} {event.entry_id}"
        case MemoryRolledBack():
            return f"rolled back to version {event.to}: {line(event.why)}"
        case FileRestored():
            return f"{event.path} was put back: {line(event.why)}"
        case TextErased():
            where = ", ".join(f"{each}" for each in event.versions)
            return f"erased {' '.join(event.entries) or 'words'} from version {where}: {line(event.why)}"
        case AccessGranted():
            until = f" until {minute(event.until)} UTC" if event.until else ""
            return f"agent {event.reader} may {event.access} {', '.join(event.sections)}{until}"
        case AccessRevoked():
            return f"agent {event.reader} may no longer read {', '.join(event.sections)}: {line(event.why)}"
        case MemoryRead():
            of_job = f" in job {event.job}, step {event.step}" if event.job else ""
            return f"read by agent {event.reader}{of_job}: {' '.join(event.entries) or 'nothing was found'}"
        case ProfileSet():
            return f"profile: {setting(event)}"
        case _:
            assert_never(event)


def stories(changes: Iterable[Change]) -> Iterator[tuple[Change, str]]:
    """Each change with its line, from the first on: it also says which disputes begin with it, and which end."""
    state, after = AgentState(), tuple[Dispute, ...]()
    for change in changes:
        before, state = after, state.apply(change.event)
        after = disputes(state.entries)
        notes = [f"disputed from now on: {_versus(each)}; " for each in after if each not in before]
        notes += [f"settled: {_versus(each)}; " for each in before if each not in after]
        yield change, "".join(notes) + tell(change.event, change.version)


def _versus(dispute: Dispute) -> str:
    return " and ".join(entry.id for entry in dispute)


def setting(event: ProfileSet | PersonEvent) -> str:
    """A value that was set or taken back, or words that were erased."""
    if isinstance(event, TextErased):
        return f"words erased from version {', '.join(map(str, event.versions))}: {line(event.why)}"
    return f"{event.key}={line(event.value)}" if event.value else f"{event.key} taken back"


def who(event: AgentEvent) -> str:
    """Who caused the event, with the step of the job it was."""
    match event:
        case MemoryAdded():
            step = f", step {event.entry.step}" if event.entry.step else ""
            return f"{event.entry.author}{step}"
        case MemoryRemoved() | MemoryPinned() | MemoryRolledBack() | AccessGranted() | AccessRevoked() | TextErased():
            return event.by
        case ProfileSet():
            return event.by
        case MemoryRead():
            return f"agent {event.reader}"
        case MemoryArchived() | FileRestored():
            return "longhaul"
        case _:
            assert_never(event)


def logged(change: Change, story: str) -> dict[str, Any]:
    """A change as data, with its line; an entry that was added has its id."""
    event = change.event
    if isinstance(event, MemoryAdded):
        event = event.model_copy(update={"entry": event.entry.added_in(change.version)})
    return {
        "version": change.version,
        "at": change.at,
        "by": who(event),
        "story": story,
        "type": event.type,
        "data": event.model_dump(mode="json"),
    }


def listed(entry: Entry) -> dict[str, Any]:
    """An entry as data."""
    return entry.model_dump(mode="json")


def difference(before: AgentState, after: AgentState) -> list[tuple[str, Entry]]:
    """What is in one version only: `-` with the entries that left, `+` with those that came."""
    left = [("-", entry) for entry in before.entries if entry not in after.entries]
    return left + [("+", entry) for entry in after.entries if entry not in before.entries]
