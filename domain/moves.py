"""What a job can do next."""

from typing import Literal

from domain.answers import PlannedCall
from domain.frozen import Frozen


class TakeTurn(Frozen):
    """Ask for the agent's turn: one job of an agent works at a time."""


class Decide(Frozen):
    """Ask the model."""


class Act(Frozen):
    """Call a tool; with `open`, settle the call that stands at that version without an outcome."""

    call: PlannedCall
    open: int | None = None


class Wait(Frozen):
    """Wait for a person, at the longest until `until` (Unix seconds): then a reminder or the stated default is due."""

    until: float
    requests: tuple[int, ...]


class Close(Frozen):
    """End the job."""

    how: Literal["completed", "failed", "cancelled"]
    why: str = ""


Move = TakeTurn | Decide | Act | Wait | Close
