"""What an agent remembers: entries under four sections, the events that change them, and their fold.

    added ──▶ stands in memory.md ──▶ archived    to make room, or expired: not in the file, still found by a search
                                  └─▶ removed     forgotten, superseded or rolled back: still in its versions

An entry's id is the version in which it was added (`m17`); it says nothing of the text, which may have to be erased.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeGuard, assert_never

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from domain import sharing
from domain.erasure import ERASED, TextErased
from domain.errors import ToolInvalid
from domain.frozen import Digest, Frozen, Id, Moment
from domain.preference import Preference, ProfileSet, with_value
from domain.sections import HELD_BY_PEOPLE, Section
from domain.sharing import AccessGranted, AccessRevoked, Grant, MemoryRead


class Trust(StrEnum):
    """Whose word an entry is: the agent's own, a person's, or only what a tool or a web page said."""

    OWN = "own"
    PERSON = "person"
    TOOL = "tool"
    WEB = "web"

    @property
    def is_theirs(self) -> bool:
        """Whether it is data from elsewhere, which nobody of us stands for."""
        return self in {Trust.TOOL, Trust.WEB}

    def with_(self, other: "Trust") -> "Trust":
        """The trust of what follows from both: that of the less trusted."""
        return max(self, other, key=tuple(Trust).index)


def source_read(influence: Trust, job: str) -> str:
    """The source of what a job's model says that has read so untrusted things."""
    return f"what job {job} had read" if influence.is_theirs else ""


EntryText = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Source = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
EntryId = Annotated[str, StringConstraints(pattern=r"^(m[1-9][0-9]{0,8}|[0-9a-f]{16})$")]
"""`m` and a version; entries of the first release have 16 hexadecimal digits."""


class Remembered(Frozen):
    """Something to remember. `topic` names what it is about: an older entry of the same topic in that section leaves.

    `happened_at` and `expires_at` are Unix seconds. `source` says where it is from: a file, an address, a tool.
    """

    section: Section
    text: EntryText
    topic: str = ""
    trust: Trust = Trust.OWN
    source: Source = ""
    happened_at: Moment | None = None
    expires_at: Moment | None = None
    pinned: bool = False

    @model_validator(mode="after")
    def _in_its_place(self) -> Self:
        if self.trust.is_theirs and self.section in HELD_BY_PEOPLE:
            raise ValueError(f"what came from a {self.trust} cannot enter {self.section.value!r}, which holds rules")
        return self


class Entry(Remembered):
    """One remembered fact. `at` is when it was recorded (Unix seconds), shown in UTC to the minute.

    `id` is empty until the entry stands in a version. `job` and `step` are empty when a person wrote it.
    """

    id: EntryId | Literal[""] = ""
    at: float
    author: str
    job: str = ""
    step: int = 0
    supersedes: tuple[EntryId, ...] = ()

    @property
    def is_erased(self) -> bool:
        """Whether what it said was erased from the journal."""
        return self.text == ERASED

    @property
    def content(self) -> tuple[Section, str]:
        """What makes two entries the same: the section and the words, whatever their case and spaces."""
        return self.section, " ".join(self.text.casefold().split())

    @property
    def when(self) -> float:
        """When it happened; if that is not known, when it was recorded."""
        return self.at if self.happened_at is None else self.happened_at

    def is_over(self, now: float) -> bool:
        """Whether it has expired by `now` (Unix seconds)."""
        return self.expires_at is not None and self.expires_at <= now

    def added_in(self, version: int) -> "Entry":
        """The entry with its id: the one it had before, or that of the version."""
        return self if self.id else self.model_copy(update={"id": f"m{version}"})


@dataclass(frozen=True)
class Author:
    """Who remembers something, and when (Unix seconds)."""

    name: str
    at: float
    job: str = ""
    step: int = 0


class MemoryAdded(Frozen):
    """An entry was added. With `archived` it did not enter memory.md, and why; it is found by a search."""

    type: Literal["MemoryAdded"] = "MemoryAdded"
    entry: Entry
    archived: str = ""


class MemoryRemoved(Frozen):
    """An entry was removed, with the reason."""

    type: Literal["MemoryRemoved"] = "MemoryRemoved"
    entry_id: str
    by: str
    why: str


class MemoryArchived(Frozen):
    """An entry left memory.md to make room; a search still finds it."""

    type: Literal["MemoryArchived"] = "MemoryArchived"
    entry_id: str
    why: str


class MemoryPinned(Frozen):
    """An entry was pinned, so that it stays in memory.md whatever comes; or it was let go."""

    type: Literal["MemoryPinned"] = "MemoryPinned"
    entry_id: str
    pinned: bool
    by: str

    def on(self, entry: Entry) -> Entry:
        """The entry after this event."""
        return entry.model_copy(update={"pinned": self.pinned}) if entry.id == self.entry_id else entry


class MemoryRolledBack(Frozen):
    """Memory is what it was at `to`; the events before this one put it there, and `order` puts it in order."""

    type: Literal["MemoryRolledBack"] = "MemoryRolledBack"
    to: int
    by: str
    why: str
    order: tuple[str, ...]

    def place(self, entry: Entry) -> int:
        """Where the entry stands after this event: what is not named comes last."""
        return self.order.index(entry.id) if entry.id in self.order else len(self.order)


class FileRestored(Frozen):
    """A file that was neither ours nor an edit of ours was put back; what stood there is kept as an artifact."""

    type: Literal["FileRestored"] = "FileRestored"
    path: str
    found: Digest | None
    why: str


AgentEvent = (
    MemoryAdded
    | MemoryRemoved
    | MemoryArchived
    | MemoryPinned
    | MemoryRolledBack
    | FileRestored
    | ProfileSet
    | AccessGranted
    | AccessRevoked
    | MemoryRead
    | TextErased
)
AnyAgentEvent = Annotated[AgentEvent, Field(discriminator="type")]
AGENT_EVENT: TypeAdapter[AgentEvent] = TypeAdapter(AnyAgentEvent)


class AgentState(Frozen):
    """What an agent remembers after `version` events of its stream. Entries stand in the order they were added.

    `grants` are what other agents may read of it or add to it. The profile is no part of memory.md, and neither pruned
    nor rolled back.

    `archived` holds those entries of the archive that were asked for: no more of it belongs to the state. `put_back`
    are the ids of the entries that a rollback had to add again.
    """

    version: int = 0
    agent: Id = "agent"
    entries: tuple[Entry, ...] = ()
    archived: tuple[Entry, ...] = ()
    grants: tuple[Grant, ...] = ()
    put_back: frozenset[str] = frozenset()
    profile: tuple[Preference, ...] = ()

    def apply(self, event: AgentEvent) -> "AgentState":
        """Total: an event that does not fit changes the version only."""
        version = self.version + 1
        grants = sharing.after(self.grants, event) if isinstance(event, AccessGranted | AccessRevoked) else self.grants
        put_back = self.put_back | {event.entry.id} if _was_there_before(event) else self.put_back
        profile = with_value(self.profile, event, version) if isinstance(event, ProfileSet) else self.profile
        after = {"version": version, "entries": self._entries_after(event), "profile": profile}
        return self.model_copy(update={**after, "grants": grants, "put_back": put_back})

    def apply_all(self, events: Iterable[AgentEvent]) -> "AgentState":
        state = self
        for event in events:
            state = state.apply(event)
        return state

    def _entries_after(self, event: AgentEvent) -> tuple[Entry, ...]:
        match event:
            case MemoryAdded():
                entry = event.entry.added_in(self.version + 1)
                known = event.archived or any(each.id == entry.id for each in self.entries)
                return self.entries if known else (*self.entries, entry)
            case MemoryRemoved() | MemoryArchived():
                return tuple(entry for entry in self.entries if entry.id != event.entry_id)
            case MemoryPinned():
                return tuple(event.on(entry) for entry in self.entries)
            case MemoryRolledBack():
                return tuple(sorted(self.entries, key=event.place))
            case TextErased():
                return tuple(entry for entry in self.entries if entry.id not in event.entries)
            case FileRestored() | AccessGranted() | AccessRevoked() | MemoryRead() | ProfileSet():
                return self.entries
            case _:
                assert_never(event)

    def remember(self, facts: Iterable[Remembered], author: Author) -> tuple[AgentEvent, ...]:
        """The events that add `facts`: what is known already adds nothing, an older entry of the same topic leaves."""
        state, events = self, list[AgentEvent]()
        for fact in facts:
            old = state._superseded(fact)
            entry = Entry(
                **fact.model_dump(include=set(Remembered.model_fields)),
                at=author.at,
                author=author.name,
                job=author.job,
                step=author.step,
                supersedes=tuple(each.id for each in old),
            )
            if any(known.content == entry.content for known in state.entries):
                continue
            why = f"superseded: {entry.topic}"
            new: list[AgentEvent] = [MemoryRemoved(entry_id=each.id, by=author.name, why=why) for each in old]
            new.append(MemoryAdded(entry=entry))
            events += new
            state = state.apply_all(new)
        return tuple(events)

    def remember_for(self, writer: str, facts: Iterable[Remembered], author: Author) -> tuple[AgentEvent, ...]:
        """The events that add what another agent says. Raises `ToolInvalid` where it may not, and for goals and rules.

        It is that agent's word, not this one's: it stands as data with its source, and overtakes nothing.
        """
        told = tuple(facts)
        if missing := sharing.refused(self.grants, writer, (fact.section for fact in told), author.at):
            raise ToolInvalid(f"agent {writer!r} may not write to {missing[0].value!r} of agent {self.agent!r}")
        as_data = {"source": f"agent {writer}", "topic": "", "pinned": False}
        try:
            said = [
                Remembered.model_validate({**fact.model_dump(), **as_data, "trust": fact.trust.with_(Trust.TOOL)})
                for fact in told
            ]
        except ValidationError as error:
            raise ToolInvalid(str(error.errors()[0]["msg"])) from error
        return self.remember(said, author)

    def forget(self, entries: Iterable[str], by: str, why: str = "forgotten") -> tuple[AgentEvent, ...]:
        """The events that remove the entries of those ids. Raises `ToolInvalid` for an id that is not there."""
        known = self.model_copy(update={"entries": self.entries + self.archived})
        return tuple(MemoryRemoved(entry_id=entry.id, by=by, why=why) for entry in known.named(entries))

    def pin(self, entries: Iterable[str], by: str, pinned: bool = True) -> tuple[AgentEvent, ...]:
        """The events that pin entries, or let them go. Raises `ToolInvalid` for an id that is not there."""
        wanted = [entry for entry in self.named(entries) if entry.pinned != pinned]
        return tuple(MemoryPinned(entry_id=entry.id, pinned=pinned, by=by) for entry in wanted)

    def roll_back(self, then: "AgentState", by: str, why: str) -> tuple[AgentEvent, ...]:
        """The events after which the entries are those of an earlier version, in their order. None if they are so."""
        then = then.model_copy(update={"entries": tuple(each for each in then.entries if not each.is_erased)})
        if self.entries == then.entries:
            return ()
        here, there = ({entry.id: entry for entry in state.entries} for state in (self, then))
        gone = f"rolled back to version {then.version}: {why}"
        return (
            *(MemoryRemoved(entry_id=each, by=by, why=gone) for each in here if each not in there),
            *(MemoryAdded(entry=entry) for each, entry in there.items() if each not in here),
            *(
                MemoryPinned(entry_id=each, pinned=entry.pinned, by=by)
                for each, entry in there.items()
                if each in here and here[each].pinned != entry.pinned
            ),
            MemoryRolledBack(to=then.version, by=by, why=why, order=tuple(there)),
        )

    def named(self, entries: Iterable[str]) -> tuple[Entry, ...]:
        """The entries of those ids, each once. Raises `ToolInvalid` for an id that is not there."""
        known = {entry.id: entry for entry in self.entries}
        wanted = tuple(dict.fromkeys(entries))
        if missing := [each for each in wanted if each not in known]:
            raise ToolInvalid(f"there is no memory {missing[0]!r}; there are {', '.join(known) or 'none'}")
        return tuple(known[each] for each in wanted)

    def _superseded(self, fact: Remembered) -> tuple[Entry, ...]:
        about = (fact.section, fact.topic)
        return tuple(entry for entry in self.entries if fact.topic and (entry.section, entry.topic) == about)


def _was_there_before(event: AgentEvent) -> TypeGuard[MemoryAdded]:
    """Whether it adds an entry that has its id already; those of the first release always had one."""
    return isinstance(event, MemoryAdded) and event.entry.id.startswith("m")
