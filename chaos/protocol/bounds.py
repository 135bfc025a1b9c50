"""How far an exploration goes."""

from typing import NamedTuple


class Bounds(NamedTuple):
    """How much may go wrong, and how much people say. Between those, everything that can happen does."""

    faults: int = 2
    messages: int = 1
    answers: int = 1
    together: int = 2
    """Faults and messages."""
    kinds: tuple[str, ...] = ()
    """The kinds of fault; none is all."""
    pause: bool = False
    """Whether time may pass while a sender stands between its last check and its effect."""
