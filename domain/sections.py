"""The sections of an agent's memory."""

from enum import StrEnum


class Section(StrEnum):
    """The sections of memory.md, in their order."""

    FOCUS = "Current Focus"
    DECISIONS = "Recent Decisions"
    PROJECTS = "Ongoing Projects"
    LEARNINGS = "Key Learnings"


HELD_BY_PEOPLE = frozenset({Section.FOCUS, Section.DECISIONS})
"""The sections that hold goals and rules: nothing enters them that came from a tool, from the web, or another agent."""
