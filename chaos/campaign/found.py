"""What a run has found out: what is wrong, and what is counted."""

from collections.abc import Iterable
from enum import StrEnum

from bench.percentile import percentile
from domain.frozen import Frozen
from domain.report import Rate


class Oracle(StrEnum):
    """Who says that something is wrong."""

    EFFECTS = "effects"
    ENDS = "ends"
    PROMPTS = "prompts"
    RECORDED = "recorded"
    STREAMS = "streams"
    FILES = "files"
    NOTICES = "notices"
    REPLAY = "replay"
    PROCESSES = "processes"


WORDS: dict[Oracle, str] = {
    Oracle.EFFECTS: "each effect at the witness is one call of the journal, and happened once",
    Oracle.ENDS: "each job ended as the core says it must: journal, row and workflow",
    Oracle.PROMPTS: "each prompt held every requirement, answer and fact that was recorded before it",
    Oracle.RECORDED: "what was read of the journal, or confirmed to a person, stands",
    Oracle.STREAMS: "each chain verifies, and the tables are what follows from it",
    Oracle.FILES: "memory.md and TODO.md are what the journal says, and were never torn by a worker",
    Oracle.NOTICES: "each event's notice reached the agent's stream",
    Oracle.REPLAY: "each history replays on this code",
    Oracle.PROCESSES: "no worker ended by itself",
}


class Finding(Frozen):
    """One thing that is wrong, and with what."""

    oracle: Oracle
    about: str
    what: str


class Episode(Frozen):
    """One fault as it was done, `at` seconds after the run began; `lasted` until all was whole again.

    `hit` are the jobs that were at work; `moved` has the seconds from then until each had news, or None.
    """

    number: int
    kind: str
    note: str
    at: float
    lasted: float
    hit: tuple[str, ...]
    moved: dict[str, float | None]


class Moved(Frozen):
    """Seconds from the end of a fault until the jobs that it had hit moved again; `never` did not in time."""

    count: int
    never: int
    p50: float | None
    p95: float | None
    most: float | None


class Effect(Frozen):
    """The calls of one tool: those that happened more than once, and those of which nobody knew."""

    tool: str
    effect: str
    duplicates: Rate
    unknown: Rate


class Checked(Frozen):
    """What the oracles say of a run that is over."""

    findings: tuple[Finding, ...]
    effects: tuple[Effect, ...]
    consistent: Rate
    ended_well: Rate
    prompts: Rate
    notices_repeated: int
    histories: int
    in_the_pause: int
    """Of the duplicates, those whose sender stood still between its last check and the effect: rule 4's exception."""


def moved(episodes: Iterable[Episode]) -> Moved:
    """How the jobs that were hit moved again."""
    taken = [seconds for episode in episodes for seconds in episode.moved.values()]
    known = [seconds for seconds in taken if seconds is not None]
    return Moved(
        count=len(taken),
        never=len(taken) - len(known),
        p50=percentile(known, 0.50),
        p95=percentile(known, 0.95),
        most=max(known, default=None),
    )
