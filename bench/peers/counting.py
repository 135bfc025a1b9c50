"""What the witness's lines come to: pure, so that it can be tested without anybody dying."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.peers.witness import Seen, What

MOVES: tuple[What, ...] = ("begun", "looked", "ended")
"""By one of these a run is seen to move again."""


@dataclass(frozen=True)
class Counted:
    """A run. `stood` are the seconds from each death to the next sign of life, the new process's start included."""

    duplicates: int
    lost: int
    forgiven: int
    answered: int
    deaths: int
    processes: int
    ended: bool
    stood: tuple[float, ...] = ()


def counted(lines: Sequence[Seen], effects: int, rows: Iterable[int] | None = None) -> Counted:
    """Counts a run of so many effects; `rows` are those that are rows of Postgres, where the effects are that."""
    applied = _of(lines, "applied") if rows is None else list(rows)
    times = Counter(applied)
    return Counted(
        duplicates=sum(n - 1 for n in times.values()),
        lost=sum(effect not in times for effect in range(effects)),
        forgiven=len(_of(lines, "forgiven")),
        answered=len(_of(lines, "answered")),
        deaths=len(_of(lines, "died")),
        processes=len({seen.pid for seen in lines}),
        ended=bool(_of(lines, "ended")),
        stood=tuple(_stood(lines)),
    )


def _of(lines: Iterable[Seen], what: What) -> list[int]:
    return [seen.effect for seen in lines if seen.what == what]


def _stood(lines: Sequence[Seen]) -> Iterable[float]:
    """A death that nothing follows is no recovery: the run has not ended then, which says so."""
    for place, seen in enumerate(lines):
        if seen.what == "died":
            moved = next((later.at for later in lines[place:] if later.what in MOVES), None)
            if moved is not None:
                yield moved - seen.at


def moved_after(lines: Sequence[Seen], back: float) -> float | None:
    """Seconds from `back` until the run moved again; 0 when it had ended by then, None when it never did."""
    if any(seen.what == "ended" and seen.at <= back for seen in lines):
        return 0.0
    return next((seen.at - back for seen in lines if seen.at > back and seen.what in MOVES), None)
