"""The scenarios: where a first attempt stops and how, what a second one does meanwhile, and when the first wakes.

before_call ─▶ after_call ─▶ before_effect ─▶ after_check ─▶ after_effect ─▶ after_outcome
     the call is written        the tool starts    its last check, then the effect     the outcome is written
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from domain.frozen import Frozen

Point = Literal["before_call", "after_call", "before_effect", "after_check", "after_effect", "after_outcome"]
How = Literal["killed", "suspended", "cancelled", "unheard"]

POINTS: dict[Point, str] = {
    "before_call": "before its call is written",
    "after_call": "with the call written, before the tool",
    "before_effect": "as the tool starts",
    "after_check": "inside the tool, right after its last check",
    "after_effect": "after the effect, before its outcome is written",
    "after_outcome": "once the outcome is written",
}


class Halt(Frozen):
    """An attempt stops at a point: for ever, or until it wakes up."""

    point: Point
    how: Literal["killed", "suspended"]


class Scenario(Frozen):
    """One interleaving of attempts at one call.

    The first attempt is killed, suspended or cancelled at `point`, or (`unheard`) its tool's answer is lost after the
    effect. Unless it is `alone`, a second attempt then runs: to its end, or up to `second`. Then the first wakes up if
    it was suspended (with `late`, only once its deadline has passed), then the second if that was. Whatever is then
    open, further attempts settle.
    """

    how: How | None = None
    point: Point = "before_call"
    second: Halt | None = None
    late: bool = False
    alone: bool = False

    @property
    def name(self) -> str:
        """In a few words."""
        if self.how is None:
            return "undisturbed"
        if self.how == "unheard":
            return "the answer is lost after the effect"
        first = f"first attempt {self.how} {self.point}"
        second = f", second {self.second.how} {self.second.point}" if self.second else ""
        return first + second + (", wakes after the deadline" if self.late else "")

    @property
    def overlaps(self) -> bool:
        """Whether an attempt stands still between its last check and its effect while another sends: rule 4's pause."""
        zombies = [self.point] if self.how == "suspended" and not self.alone else []
        zombies += [self.second.point] if self.second and self.second.how == "suspended" else []
        return "after_check" in zombies


UNDISTURBED = Scenario(alone=True)


def singles() -> Iterator[Scenario]:
    """One attempt in trouble, and at most one more that takes over undisturbed."""
    yield Scenario(how="unheard", alone=True)
    for point in POINTS:
        yield Scenario(how="killed", point=point)
        yield Scenario(how="cancelled", point=point, alone=True)
        yield Scenario(how="suspended", point=point, late=True, alone=True)
        yield Scenario(how="suspended", point=point)
        yield Scenario(how="suspended", point=point, late=True)


def pairs(passed: Mapping[Point, Collection[str]]) -> Iterator[Scenario]:
    """Two attempts in trouble. `passed` has the points that a second one comes by when the first was killed there."""
    for first in POINTS:
        for point in POINTS:
            if point in passed.get(first, ()) and (point != "before_call" or first == "before_call"):
                for how in ("killed", "suspended"):
                    yield Scenario(how="suspended", point=first, second=Halt(point=point, how=how))
                yield Scenario(how="killed", point=first, second=Halt(point=point, how="killed"))
