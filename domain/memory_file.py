"""memory.md as text: written from entries, read back after a person has edited it.

    # Memory of ann

    ## Current Focus
    - 2026-11-24 08:27 · Survey /srv/project

    ...
    <!-- longhaul memory.md · agent ann · version 12 -->

The last line names the version that a person started from, so that an edit can be merged. `parse(render(x))` gives back
every entry; an entry is known by its section and text.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from domain.errors import Unreadable
from domain.frozen import Frozen
from domain.memory import Entry, Remembered, Section

NOTHING = "_nothing yet_"
FOOTER = re.compile(r"<!-- longhaul memory\.md · agent ([a-z0-9_-]+) · version (\d{1,9}) -->")
BULLET = re.compile(r"[-*] (?:(\d{4}-\d\d-\d\d \d\d:\d\d) · )?(.*)")
INDENT = "  "


class MemoryLine(Frozen):
    """One entry of the file. `at` (Unix seconds, to the minute) is missing where a person wrote the line."""

    section: Section
    text: str
    at: float | None


class MemoryFile(Frozen):
    """A memory.md that was read."""

    agent: str
    version: int
    lines: tuple[MemoryLine, ...]


class MemoryEdits(Frozen):
    """What a person changed: facts added, ids of entries removed."""

    added: tuple[Remembered, ...] = ()
    removed: tuple[str, ...] = ()


def render(agent: str, version: int, entries: Iterable[Entry]) -> str:
    """The file for what an agent remembers."""
    known = tuple(entries)
    parts = [f"# Memory of {agent}\n"]
    for section in Section:
        lines = [_bullet(entry) for entry in known if entry.section is section]
        parts.append(f"## {section}\n" + ("\n".join(lines) or NOTHING) + "\n")
    parts.append(f"<!-- longhaul memory.md · agent {agent} · version {version} -->\n")
    return "\n".join(parts)


def _bullet(entry: Entry) -> str:
    moment = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M")
    return f"- {moment} · " + entry.text.replace("\n", f"\n{INDENT}")


def parse(text: str) -> MemoryFile:
    """The file that the text holds. Raises `Unreadable` with the place and what would be right."""
    lines = [line.rstrip() for line in text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    footer = FOOTER.fullmatch(lines[-1]) if lines else None
    if footer is None:
        raise Unreadable("memory.md: its last line must be the comment that names its version")
    found = list[MemoryLine]()
    sections = list[Section]()
    for number, line in enumerate(lines[:-1], 1):
        _line(number, line, sections, found)
    if missing := [section.value for section in Section if section not in sections]:
        raise Unreadable(f"memory.md: the section {missing[0]!r} is missing")
    return MemoryFile(agent=footer[1], version=int(footer[2]), lines=tuple(_trimmed(found)))


def _line(number: int, line: str, sections: list[Section], found: list[MemoryLine]) -> None:
    if line.startswith("## "):
        sections.append(_section(number, line.removeprefix("## ").strip(), sections))
    elif sections and (bullet := BULLET.fullmatch(line)):
        found.append(MemoryLine(section=sections[-1], text=bullet[2], at=_moment(bullet[1])))
    elif line.startswith(INDENT) or not line:
        _continue(line, sections, found)
    elif sections and line != NOTHING:
        found.append(MemoryLine(section=sections[-1], text=line, at=None))


def _section(number: int, name: str, sections: list[Section]) -> Section:
    if name not in tuple(Section):
        raise Unreadable(f"memory.md, line {number}: there is no section {name!r}; there are {', '.join(Section)}")
    if name in sections:
        raise Unreadable(f"memory.md, line {number}: the section {name!r} stands there twice")
    return Section(name)


def _continue(line: str, sections: list[Section], found: list[MemoryLine]) -> None:
    if found and sections and found[-1].section is sections[-1]:
        more = found[-1].text + "\n" + line.removeprefix(INDENT)
        found[-1] = found[-1].model_copy(update={"text": more})


def _trimmed(found: Iterable[MemoryLine]) -> list[MemoryLine]:
    clean = [line.model_copy(update={"text": _clean(line.text)}) for line in found]
    return [line for line in clean if line.text]


def _clean(text: str) -> str:
    kept = "".join(c for c in text if c in "\n\t" or (c.isprintable() and not "\ud800" <= c <= "\udfff"))
    return kept.strip()[:2000].strip()


def _moment(stamp: str | None) -> float | None:
    try:
        return datetime.strptime(stamp, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp() if stamp else None
    except ValueError:
        return None


def edits(base: Iterable[Entry], file: MemoryFile) -> MemoryEdits:
    """What the file changes against the entries of the version that it names."""
    known = {(entry.section, _shown(entry.text)): entry.id for entry in base}
    there = {(line.section, line.text) for line in file.lines}
    added = {(line.section, line.text): None for line in file.lines if (line.section, line.text) not in known}
    return MemoryEdits(
        added=tuple(Remembered(section=section, text=text) for section, text in added),
        removed=tuple(entry_id for key, entry_id in known.items() if key not in there),
    )


def _shown(text: str) -> str:
    """An entry's text as it comes back from the file: line ends bare, nothing unprintable."""
    return _clean("\n".join(line.rstrip() for line in text.split("\n")))
