"""The template of a mailing: its first line is `Subject: …`, the rest the text; `{column}` stands for a row's value.

`{{` and `}}` stand for braces. A placeholder is a column's name and nothing else: no formats, no attributes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agents.mailing.recipients import Unusable

LONGEST_SUBJECT = 200
LONGEST_TEXT = 100_000
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class Unrenderable(Exception):
    """A row does not fill the template."""


@dataclass(frozen=True)
class Template:
    """Subject and text, with their placeholders."""

    subject: str
    text: str

    @property
    def placeholders(self) -> set[str]:
        """The columns that are needed."""
        return {name for part in (self.subject, self.text) for name in _names(part)}

    def rendered(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text of one mail. Raises `Unrenderable` with the reason."""
        if empty := next((name for name in sorted(self.placeholders) if not values[name]), None):
            raise Unrenderable(f"its `{empty}` is empty")
        subject, text = _filled(self.subject, values), _filled(self.text, values)
        if not subject.isprintable():
            raise Unrenderable("its subject would hold line breaks or control characters")
        if len(subject) > LONGEST_SUBJECT:
            raise Unrenderable(f"its subject would have {len(subject)} characters, at most {LONGEST_SUBJECT}")
        if len(text) > LONGEST_TEXT:
            raise Unrenderable(f"its text would have {len(text):,} characters, at most {LONGEST_TEXT:,}")
        return subject, text


def template(content: bytes) -> Template:
    """The template that a file holds. Raises `Unusable` with the reason."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Unusable(f"it is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}") from None
    first, _, rest = text.partition("\n")
    word, colon, subject = first.partition(":")
    if not colon or word.strip().lower() != "subject" or not subject.strip():
        raise Unusable("its first line must be `Subject: …`")
    if "\0" in text:
        raise Unusable("it holds a NUL character")
    found = Template(subject.strip(), rest.removeprefix("\n"))
    if not found.text.strip():
        raise Unusable("it has no text below its subject")
    for part in (found.subject, found.text):
        _names(part)
    return found


def _names(text: str) -> list[str]:
    names = list[str]()
    for piece in _PIECE.finditer(text):
        if piece[0] in ("{", "}"):
            raise Unusable(f"a {piece[0]!r} stands alone in it; write {piece[0] * 2!r} for the character")
        if piece[1] is not None:
            names.append(piece[1].strip())
    return names


def _filled(text: str, values: Mapping[str, str]) -> str:
    def value(piece: re.Match[str]) -> str:
        return piece[0][0] if piece[1] is None else values[piece[1].strip()]

    return _PIECE.sub(value, text)
