"""The first line of a summary, by which people see what it is made of, and a later summary takes it off again."""

import re
from collections.abc import Sequence

from domain.memory import Entry

HEAD = re.compile(r"Summary of [0-9]+ entries \(\S+ to \S+\):\n")


def head(sources: Sequence[Entry]) -> str:
    """How many entries it stands for, with the ids of the first and the last; `supersedes` names them all."""
    return f"Summary of {len(sources)} entries ({sources[0].id} to {sources[-1].id}):"


def headless(text: str) -> str:
    """The text without such a first line."""
    return HEAD.sub("", text, count=1) if HEAD.match(text) else text
