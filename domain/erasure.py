"""Taking words out of events for good: what a person may demand, and an append-only journal has to be able to do.

    the words in an event's data  ──▶  `[erased]`, and the row's salt is gone; its digest stays, so the chain verifies
    TextErased                    ──▶  says of which versions of the stream, who demanded it and why

Without the salt nobody can find out by guessing what the digest was of.
"""

import re
from typing import Any, Literal

from domain.frozen import Frozen

ERASED = "[erased]"
"""What stands where words were erased."""

LONG = 12
"""Words of fewer characters are erased only where they are all that a text says: they stand in too many others."""


class TextErased(Frozen):
    """Words were erased from these versions of the stream; `entries` are the memories that are gone with them."""

    type: Literal["TextErased"] = "TextErased"
    versions: tuple[int, ...]
    entries: tuple[str, ...] = ()
    by: str
    why: str


class Words:
    """The words to erase: found whatever their case, and whatever white space is between them."""

    def __init__(self, text: str) -> None:
        parts = text.split()
        exact = r"\s+".join(re.escape(part) for part in parts)
        self.telling = max(re.findall(r"\w+", text) or parts, key=len)
        """The longest word: what does not hold it, does not hold the words."""
        self.are_many = len(text) >= LONG
        """Whether they are enough to know them again inside of a longer text, and in what others wrote."""
        self._pattern = re.compile(exact if self.are_many else rf"\A\s*{exact}\s*\Z", re.IGNORECASE)

    def stand_in(self, text: str) -> bool:
        """Whether the text holds the words."""
        return self._pattern.search(text) is not None

    def without(self, value: Any) -> Any:
        """The JSON value with the words erased from every string in it."""
        match value:
            case str():
                return self._pattern.sub(ERASED, value)
            case list():
                return [self.without(each) for each in value]
            case dict():
                return {name: self.without(each) for name, each in value.items()}
            case _:
                return value
