"""What people want of a mailing: the changes of requirement it understands, one a line.

    skip GLOB    do not mail to these addresses (several add up)
    only GLOB    mail to these alone (several add up; `only *` is everybody again)
    reload       read the files again; only before the first mail

`*` and `?` as in file names; capital letters make no difference.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from agents.playbooks.heard import Words

UNDERSTOOD = "skip GLOB, only GLOB, reload (one a line)"
DEFAULT = "it is set aside and the mailing goes on"
LONGEST = 200
_LINE = re.compile(r"(?:(skip|only)\s+(\S+)|(reload))", re.IGNORECASE)


class Kind(StrEnum):
    """What a change is about."""

    SKIP = "skip"
    ONLY = "only"
    RELOAD = "reload"


@dataclass(frozen=True)
class Change:
    """One line that was understood."""

    kind: Kind
    glob: str = ""


@dataclass(frozen=True)
class Choice:
    """Who is to be mailed."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def wants(self, address: str) -> bool:
        """Whether the address is to be mailed."""
        low = address.lower()
        inside = not self.only or any(fnmatchcase(low, glob) for glob in self.only)
        return inside and not any(fnmatchcase(low, glob) for glob in self.skip)


def choice(changes: tuple[Change, ...]) -> Choice:
    """Who is to be mailed after all changes."""
    found = {kind: {change.glob for change in changes if change.kind is kind} for kind in Kind}
    return Choice(only=tuple(sorted(found[Kind.ONLY])), skip=tuple(sorted(found[Kind.SKIP])))


def _change(line: str, by: str) -> Change | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    if found[3]:
        return Change(Kind.RELOAD)
    glob = found[2].strip("'\"`").lower()
    usable = 0 < len(glob) <= LONGEST and glob.isprintable()
    return Change(Kind(found[1].lower()), glob) if usable else None


WORDS = Words("mailing", UNDERSTOOD, _change, DEFAULT)
