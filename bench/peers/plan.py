"""The plan of kills, the same for everyone: which effects of which run the process dies at, just before or just after.

This module, `witness` and `errand` need nothing but the standard library: peers run them in a venv of their own.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Moment = Literal["before", "after"]
MOMENTS: tuple[Moment, ...] = ("before", "after")


@dataclass(frozen=True)
class Kill:
    """One SIGKILL: the first process that comes to this moment of this effect (from 0) dies of it."""

    effect: int
    moment: Moment

    @property
    def name(self) -> str:
        """The file that arms it."""
        return f"{self.moment}-{self.effect}"


Plan = tuple[tuple[Kill, ...], ...]


def planned(seed: int, runs: int, effects: int, kills: int) -> Plan:
    """For each run so many effects, drawn by the seed, at each of which the process dies once."""
    if kills > effects:
        raise ValueError(f"{kills} kills of a run do not fit its {effects} effects; at most one an effect")
    chance = random.Random(seed)  # noqa: S311 - a plan that can be made again, not a secret
    return tuple(
        tuple(Kill(effect, chance.choice(MOMENTS)) for effect in sorted(chance.sample(range(effects), kills)))
        for _ in range(runs)
    )


def count(plan: Plan, moment: Moment) -> int:
    """How many of its kills come at that moment."""
    return sum(kill.moment == moment for kill in all_of(plan))


def all_of(plan: Plan) -> Iterable[Kill]:
    """The kills of all runs."""
    return (kill for kills in plan for kill in kills)
