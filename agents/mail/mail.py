"""A mail."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mail:
    """One text mail: a plain address, a subject of one line, and the text."""

    to: str
    subject: str
    text: str
