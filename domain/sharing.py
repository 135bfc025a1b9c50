"""Who else may read or add to an agent's memory: permissions that people give, section by section.

    granted ──▶ holds ──▶ revoked, or over at its `until`

They are events of the owner's stream, as is every reading that they allowed. Nobody may change what another agent
remembers: `write` allows additions, which stand there as the word of the agent that wrote them.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from domain.frozen import Frozen, Id, Moment
from domain.sections import Section


class Access(StrEnum):
    """What a permission allows. Who may write may read as well."""

    READ = "read"
    WRITE = "write"


class Grant(Frozen):
    """What `reader` may do in one section of another agent's memory. `until` (Unix seconds) ends it."""

    reader: Id
    section: Section
    access: Access
    by: str
    until: Moment | None = None

    def allows(self, reader: str, section: Section, access: Access, now: float) -> bool:
        """Whether this permission is enough."""
        holds = self.until is None or now < self.until
        return holds and (self.reader, self.section) == (reader, section) and access in {self.access, Access.READ}


class AccessGranted(Frozen):
    """An agent may read these sections, or also add to them; what it might do there before no longer counts."""

    type: Literal["AccessGranted"] = "AccessGranted"
    reader: Id
    sections: tuple[Section, ...]
    access: Access
    by: str
    until: Moment | None = None

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The permissions, one a section."""
        said = {"reader": self.reader, "access": self.access, "by": self.by, "until": self.until}
        return tuple(Grant.model_validate({**said, "section": section}) for section in self.sections)


class AccessRevoked(Frozen):
    """An agent may no longer read these sections."""

    type: Literal["AccessRevoked"] = "AccessRevoked"
    reader: Id
    sections: tuple[Section, ...]
    by: str
    why: str


class MemoryRead(Frozen):
    """Another agent read these entries, in a step of one of its jobs if that is said."""

    type: Literal["MemoryRead"] = "MemoryRead"
    reader: Id
    entries: tuple[str, ...]
    job: str = ""
    step: int = 0


def after(grants: tuple[Grant, ...], event: AccessGranted | AccessRevoked) -> tuple[Grant, ...]:
    """The permissions after an event."""
    kept = tuple(each for each in grants if each.reader != event.reader or each.section not in event.sections)
    return (*kept, *event.grants) if isinstance(event, AccessGranted) else kept


def given(grants: tuple[Grant, ...], event: AccessGranted) -> tuple[AccessGranted, ...]:
    """The event, unless all that it grants holds already, whoever gave it."""
    have = {(each.reader, each.section, each.access, each.until) for each in grants}
    want = {(each.reader, each.section, each.access, each.until) for each in event.grants}
    return () if want <= have else (event,)


def taken(grants: tuple[Grant, ...], event: AccessRevoked) -> tuple[AccessRevoked, ...]:
    """The event, for those of its sections that the agent may read; nothing if there are none."""
    have = {each.section for each in grants if each.reader == event.reader}
    sections = tuple(each for each in event.sections if each in have)
    return (event.model_copy(update={"sections": sections}),) if sections else ()


def refused(grants: Iterable[Grant], reader: str, sections: Iterable[Section], now: float) -> tuple[Section, ...]:
    """Those of the sections that the agent may not add to."""
    held = tuple(grants)
    wanted = dict.fromkeys(sections)
    return tuple(each for each in wanted if not any(one.allows(reader, each, Access.WRITE, now) for one in held))
