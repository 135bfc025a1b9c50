"""What an agent remembers: entries under four sections, the events that change them, and their fold.

An entry's id is the hash of what it says and where, so the same fact in the same section is one entry.
"""

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal, assert_never

from pydantic import Field, StringConstraints, TypeAdapter

from domain.errors import ToolInvalid
from domain.frozen import Digest, Frozen, Id


class Section(StrEnum):
    """The sections of memory.md, in their order."""

    FOCUS = "Current Focus"
    DECISIONS = "Recent Decisions"
    PROJECTS = "Ongoing Projects"
    LEARNINGS = "Key Learnings"


EntryText = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class Remembered(Frozen):
    """Something to remember. `replaces` names a topic: an older entry of the same topic in that section leaves."""

    section: Section
    text: EntryText
    topic: str = ""


class Entry(Frozen):
    """One remembered fact. `at` is Unix seconds, shown in UTC to the minute; `job` is empty when a person wrote it."""

    section: Section
    text: EntryText
    at: float
    author: str
    job: str = ""
    topic: str = ""

    @property
    def id(self) -> str:
        return hashlib.sha256(f"{self.section}\n{self.text}".encode()).hexdigest()[:16]


class MemoryAdded(Frozen):
    """An entry was added."""

    type: Literal["MemoryAdded"] = "MemoryAdded"
    entry: Entry


class MemoryRemoved(Frozen):
    """An entry was removed, with the reason."""

    type: Literal["MemoryRemoved"] = "MemoryRemoved"
    entry_id: str
    by: str
    why: str


class FileRestored(Frozen):
    """A file that was neither ours nor an edit of ours was put back; what stood there is kept as an artifact."""

    type: Literal["FileRestored"] = "FileRestored"
    path: str
    found: Digest | None
    why: str


AgentEvent = MemoryAdded | MemoryRemoved | FileRestored
AnyAgentEvent = Annotated[AgentEvent, Field(discriminator="type")]
AGENT_EVENT: TypeAdapter[AgentEvent] = TypeAdapter(AnyAgentEvent)


class AgentState(Frozen):
    """What an agent remembers after `version` events of its stream. Entries stand in the order they were added."""

    version: int = 0
    agent: Id = "agent"
    entries: tuple[Entry, ...] = ()

    def apply(self, event: AgentEvent) -> "AgentState":
        """Total: an event that does not fit changes the version only."""
        return self.model_copy(update={"version": self.version + 1, "entries": self._entries_after(event)})

    def apply_all(self, events: Iterable[AgentEvent]) -> "AgentState":
        state = self
        for event in events:
            state = state.apply(event)
        return state

    def _entries_after(self, event: AgentEvent) -> tuple[Entry, ...]:
        match event:
            case MemoryAdded():
                known = any(entry.id == event.entry.id for entry in self.entries)
                return self.entries if known else (*self.entries, event.entry)
            case MemoryRemoved():
                return tuple(entry for entry in self.entries if entry.id != event.entry_id)
            case FileRestored():
                return self.entries
            case _:
                assert_never(event)

    def remember(self, facts: Iterable[Remembered], at: float, author: str, job: str) -> tuple[AgentEvent, ...]:
        """The events that add `facts`: what is known already adds nothing, an older entry of the same topic leaves."""
        state, events = self, list[AgentEvent]()
        for fact in facts:
            entry = Entry(at=at, author=author, job=job, **fact.model_dump())
            if any(known.id == entry.id for known in state.entries):
                continue
            new = [*state._superseded(entry, author), MemoryAdded(entry=entry)]
            events += new
            state = state.apply_all(new)
        return tuple(events)

    def forget(self, entries: Iterable[str], by: str) -> tuple[AgentEvent, ...]:
        """The events that remove the entries of those ids. Raises `ToolInvalid` for an id that is not there."""
        wanted, known = tuple(dict.fromkeys(entries)), {entry.id for entry in self.entries}
        if missing := [entry for entry in wanted if entry not in known]:
            raise ToolInvalid(f"there is no memory {missing[0]!r}; there are {', '.join(sorted(known)) or 'none'}")
        return tuple(MemoryRemoved(entry_id=entry, by=by, why="forgotten") for entry in wanted)

    def _superseded(self, entry: Entry, by: str) -> list[AgentEvent]:
        return [
            MemoryRemoved(entry_id=old.id, by=by, why=f"superseded: {entry.topic}")
            for old in self.entries
            if entry.topic and (old.section, old.topic) == (entry.section, entry.topic)
        ]
