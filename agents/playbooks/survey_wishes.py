"""What people want of a survey: the changes of requirement it understands, one a line.

    focus GLOB            look only at files that a focus names (several add up; `focus **` is everything again)
    ignore GLOB           do not look at these
    set email=ADDRESS     mail the report there (an approval is asked first)
    set title=TEXT        the report's title

Keywords may be in any case, and a value may stand in quotes. Globs: agents/survey/globs.py. A message with a line that
is none of these is asked about once; the answer is read in the same way, and what is unclear again is set aside.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from agents.mail.address import is_address
from agents.playbooks.heard import Heard, Words, heard
from agents.survey import globs
from agents.survey.words import plain
from domain.answers import Ask
from domain.facts import JobFacts

DEFAULT = "it is set aside and the survey goes on"
UNDERSTOOD = "focus GLOB, ignore GLOB, set email=ADDRESS, set title=TEXT (one a line)"
MAX_TITLE = 120
_LINE = re.compile(r"(focus|ignore)\s+(.+)|set\s+(email|title)\s*=\s*(.+)", re.IGNORECASE)


class Kind(StrEnum):
    """What a change is about."""

    FOCUS = "focus"
    IGNORE = "ignore"
    EMAIL = "email"
    TITLE = "title"


@dataclass(frozen=True)
class Change:
    """One line that was understood, and who said it."""

    kind: Kind
    value: str
    by: str

    @property
    def text(self) -> str:
        return f"set {self.kind}={self.value}" if self.kind in (Kind.EMAIL, Kind.TITLE) else f"{self.kind} {self.value}"


@dataclass(frozen=True)
class Wishes:
    """Everything people want of this survey, as of now."""

    heard: Heard[Change]
    email_given: str = ""

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.heard.changes

    @property
    def set_aside(self) -> tuple[tuple[str, str], ...]:
        return self.heard.set_aside

    @property
    def question(self) -> Ask | None:
        return self.heard.question

    @property
    def amended(self) -> bool:
        return self.heard.amended

    @property
    def focus(self) -> tuple[str, ...]:
        return self._all(Kind.FOCUS)

    @property
    def ignore(self) -> tuple[str, ...]:
        return self._all(Kind.IGNORE)

    @property
    def email(self) -> str:
        return self._last(Kind.EMAIL, self.email_given)

    @property
    def title(self) -> str:
        return self._last(Kind.TITLE, "")

    def _last(self, kind: Kind, default: str) -> str:
        return [default, *(change.value for change in self.changes if change.kind is kind)][-1]

    def _all(self, kind: Kind) -> tuple[str, ...]:
        return tuple(sorted({change.value for change in self.changes if change.kind is kind}))


def wishes(state: JobFacts) -> Wishes:
    """What the job's requirements, and the answers to questions about them, amount to."""
    given = state.asked.inputs.get("email") if state.asked else None
    return Wishes(heard(state, WORDS), email_given=given.strip() if isinstance(given, str) else "")


def _change(line: str, by: str) -> Change | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    kind, value = Kind((found[1] or found[3]).lower()), _unquoted((found[2] or found[4]).strip())
    read = READERS[kind](value)
    return Change(kind=kind, value=read, by=by) if read else None


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\"`"
    return value[1:-1] if quoted else value


def _glob(value: str) -> str:
    return "" if globs.fault(value) else value


def _email(value: str) -> str:
    return value if is_address(value) else ""


def _title(value: str) -> str:
    return plain(value, MAX_TITLE)


READERS: dict[Kind, Callable[[str], str]] = {
    Kind.FOCUS: _glob,
    Kind.IGNORE: _glob,
    Kind.EMAIL: _email,
    Kind.TITLE: _title,
}

WORDS = Words("survey", UNDERSTOOD, _change, DEFAULT)
