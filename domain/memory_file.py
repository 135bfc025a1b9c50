"""memory.md as text: written from entries, read back after a person has edited it.

    # Memory of ann

    ## Current Focus
    - 2026-11-24 08:27 · Survey /srv/project

    ...
    <!-- longhaul memory.md · agent ann · version 12 -->

The last line names the version that a person started from, so that an edit can be merged. An entry is known by its
section and text; what a tool or the web said is quoted, with its source: "[web, example.com] > the text". Entries that
stand against each other have the same number behind their time: "2026-11-24 08:27 [disputed 1] · the text".
`parse(render(x))` gives back every section, text and minute: what markdown or an editor would lose (control characters,
blanks at the end of a line) is written as a numeric character reference (`&#13;`), and `edits` of an untouched file is
empty. No line that a person wrote is dropped in silence: it is an entry, or the file is `Unreadable`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from domain.disputes import marks
from domain.errors import Unreadable
from domain.frozen import Frozen
from domain.memory import Entry, Remembered, Trust
from domain.pairing import likeness, pairs
from domain.sections import Section
from domain.tokens import tokens

NAME = "memory.md"
NOTHING = "_nothing yet_"
INDENT = "  "
LONGEST = 2000
FOOTER = re.compile(r"<!-- longhaul memory\.md · agent ([a-z0-9_-]+) · version ([0-9]{1,9}) -->")
STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}"
MARK = r" \[disputed [0-9, ]+\]"
BULLET = re.compile(rf" ?[-*](?:\s+(?:({STAMP})(?:{MARK})? ·(?:\s|$))?(.*))?")
CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
FRAGILE = re.compile(rf"&(?=#[0-9]{{1,7}};)|[{CONTROL}]|\A[^\S\n]|[^\S\n](?=\n|\Z)")
REFERENCE = re.compile(r"&#([0-9]{1,7});")
JUNK = re.compile(r"[\0\ud800-\udfff]")


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
    """What a person changed: facts added, ids of entries removed; `instead` says which of those is there for which."""

    added: tuple[Remembered, ...] = ()
    removed: tuple[str, ...] = ()
    instead: tuple[tuple[str, Remembered], ...] = ()


def render(agent: str, version: int, entries: Iterable[Entry]) -> str:
    """The file for what an agent remembers."""
    known = tuple(entries)
    disputed = marks(known)
    parts = [f"# Memory of {agent}\n"]
    for section in Section:
        lines = [line(entry, disputed.get(entry.id, "")) for entry in known if entry.section is section]
        parts.append(f"## {section}\n" + ("\n".join(lines) or NOTHING) + "\n")
    parts.append(f"<!-- longhaul memory.md · agent {agent} · version {version} -->\n")
    return "\n".join(parts)


def line(entry: Entry, mark: str = "") -> str:
    """The entry as a bullet, with the time when it happened; if that is not known, when it was recorded."""
    return f"- {minute(entry.when)}{mark} · " + re.sub(r"\n(?!\n)", f"\n{INDENT}", escaped(shown(entry)))


@lru_cache(maxsize=10_000)
def line_tokens(entry: Entry) -> int:
    """The tokens of its line, without the line break. They are asked again and again of nearly the same entries."""
    return tokens(line(entry))


def shown(entry: Entry) -> str:
    """What stands in the file for the entry: its text, quoted if nobody of us stands for it."""
    if not entry.trust.is_theirs:
        return entry.text
    source = f"{entry.trust}, {entry.source}" if entry.source else entry.trust
    return f"[{source}] " + "\n".join(f"> {each}".rstrip() for each in entry.text.splitlines())


def minute(at: float) -> str:
    """Unix seconds as UTC, to the minute."""
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat(" ", "minutes")


def escaped(text: str) -> str:
    """The text with whatever would not survive a file and its editors as numeric character references."""
    return FRAGILE.sub(lambda found: f"&#{ord(found[0])};", text)


def unescaped(text: str) -> str:
    """The text that `escaped` was given; other references that a person wrote mean their character too."""
    return REFERENCE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    code = int(found[1])
    return found[0] if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)


def parse(text: str) -> MemoryFile:
    """The file that the text holds. Raises `Unreadable` with the place and what would be right."""
    footer, lines = opened(NAME, text, FOOTER)
    bodies = sections(NAME, lines, tuple(Section))
    found = (line for section in Section for line in _lines(section, bodies[section]))
    return MemoryFile(agent=footer[1], version=int(footer[2]), lines=tuple(found))


def opened(name: str, text: str, footer: re.Pattern[str]) -> tuple[re.Match[str], list[str]]:
    """The last line of a document, matched, and the lines before it. Raises `Unreadable`."""
    lines = [line.rstrip() for line in text.removeprefix("\ufeff").replace("\r\n", "\n").rstrip().split("\n")]
    if junk := [number for number, line in enumerate(lines, 1) if JUNK.search(line)]:
        raise Unreadable(f"{name}, line {junk[0]}: not text; right is plain text in UTF-8")
    if found := footer.fullmatch(lines[-1]):
        return found, lines[:-1]
    what = "jobs and versions" if name != NAME else "agent and version"
    raise Unreadable(f"{name}, line {len(lines)}: the last line must be Longhaul's comment with {what}, as it was")


def sections(name: str, lines: Sequence[str], wanted: tuple[str, ...]) -> dict[str, list[str]]:
    """The lines below each `## ` heading. Raises `Unreadable` unless each wanted section is there exactly once."""
    found: dict[str, list[str]] = {}
    body: list[str] | None = None
    for number, line in enumerate(lines, 1):
        if line.startswith("## "):
            body = found[_section(f"{name}, line {number}", line[3:].strip(), found, wanted)] = []
        elif body is not None:
            body.append(line)
        elif line and not line.startswith("# "):
            raise Unreadable(f"{name}, line {number}: text above the first section; it belongs below a heading")
    if missing := [section for section in wanted if section not in found]:
        raise Unreadable(f"{name}: the heading '## {missing[0]}' is missing; an empty section keeps its heading")
    return found


def _section(place: str, section: str, found: dict[str, list[str]], wanted: tuple[str, ...]) -> str:
    if section not in wanted:
        raise Unreadable(f"{place}: there is no section {section!r}; there are {', '.join(wanted)}")
    if section in found:
        raise Unreadable(f"{place}: the section {section!r} is there twice; once is right")
    return section


def _lines(section: Section, body: list[str]) -> Iterator[MemoryLine]:
    for stamp, raw in _blocks(body):
        if text := unescaped("\n".join(raw).strip()):
            yield MemoryLine(section=section, text=text, at=_at(stamp))


def _blocks(body: list[str]) -> list[tuple[str | None, list[str]]]:
    """Each bullet's time and its lines. A line that a person wrote without a bullet is a bullet too."""
    blocks: list[tuple[str | None, list[str]]] = []
    for line in body:
        if blocks and (not line or line.startswith((INDENT, "\t"))):
            blocks[-1][1].append(line.removeprefix(INDENT))
        elif bullet := BULLET.fullmatch(line):
            blocks.append((bullet[1], [bullet[2] or ""]))
        elif line not in ("", NOTHING):
            blocks.append((None, [line]))
    return blocks


def _at(stamp: str | None) -> float | None:
    try:
        return datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() if stamp else None
    except ValueError:
        return None


def edits(base: Sequence[Entry], file: MemoryFile) -> MemoryEdits:
    """What the file changes against the entries of the version that it names."""
    known = {(each.section, shown(each)): each.id for section in Section for each in base if each.section is section}
    there = {(line.section, line.text): None for line in file.lines}
    added = (fact for section, text in there if (section, text) not in known for fact in _facts(section, text))
    removed = tuple(entry_id for key, entry_id in known.items() if key not in there)
    instead = (
        (known[old], fact)
        for old, (section, text) in pairs(list(known), list(there), _ratio)
        for fact in list(_facts(section, text))[:1]
    )
    return MemoryEdits(added=tuple(dict.fromkeys(added)), removed=removed, instead=tuple(instead))


def _ratio(old: tuple[Section, str], new: tuple[Section, str]) -> float:
    return likeness(old[1], new[1]) if old[0] is new[0] else -1.0


def _facts(section: Section, text: str) -> Iterator[Remembered]:
    """What a person wrote, fit to be stored; a text that is too long for one entry becomes several."""
    plain = re.sub(f"[{CONTROL}]", " ", text).strip()
    for start in range(0, len(plain), LONGEST):
        if piece := plain[start : start + LONGEST].strip():
            yield Remembered(section=section, text=piece, trust=Trust.PERSON)
