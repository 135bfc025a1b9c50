"""What is printed: a line for each effect, a counterexample for each rule, and the figures."""

from collections.abc import Mapping
from typing import NamedTuple

from chaos.protocol.rules import Rule
from chaos.protocol.search import Explored, Told


class Summary(NamedTuple):
    """`holds` says that no promise is broken, and that every rule which was taken away costs one."""

    holds: bool
    text: str
    figures: dict[str, object]


def shown_effect(effect: str, found: Explored) -> str:
    """One effect, with every rule in force."""
    reach = "every world within the bounds" if found.complete else f"{found.depth} steps deep"
    line = f"{effect:14}{found.states:>9,} states {found.steps:>10,} steps   {reach}   violations {len(_broken(found))}"
    return line if not found.violation else f"{line}\n{_told(found)}"


def shown_rule(rule: Rule, effect: str, found: Explored) -> str:
    """What it costs to be without a rule, as numbered steps."""
    if not found.violation:
        return f"\nwithout rule {rule}\n  ({effect}) NOT SHOWN TO BE NEEDED in {found.states:,} states"
    return f"\nwithout rule {rule}\n  ({effect}, {found.states:,} states) {found.violation}:\n{_told(found)}"


def shown_residual(found: Explored) -> str:
    """What rule 4 says of a sender that is suspended between its last check and its effect."""
    what = found.violation or "not found"
    stated = "stated in rule 4, and no violation: a sender is suspended after its last check"
    return f"\n{stated}\n  (lookup) {what}:\n{_told(found)}"


def summary(
    found: Mapping[str, Explored],
    costs: Mapping[Rule, Explored],
    paused: Explored,
    not_covered: Mapping[str, str],
    seconds: float,
) -> Summary:
    """The figures, and the last lines of the text."""
    states = sum(explored.states for explored in found.values())
    violations = [why for explored in found.values() for why in _broken(explored)]
    shown = sum(bool(explored.violation) for explored in costs.values())
    lines = [f"\nnot covered, rule {rule}: {why}" for rule, why in not_covered.items()]
    lines.append(f"\n{states:,} states explored, {len(violations)} violations")
    lines.append(f"{shown} of {len(costs)} rules cost a promise when they are taken away ({seconds:.0f} s)")
    figures: dict[str, object] = {
        "states": states,
        "violations": len(violations),
        "rules_needed": shown,
        "rules": len(costs),
        "seconds": round(seconds, 1),
        "effects": {effect: _figures(explored) for effect, explored in found.items()},
        "without": {rule: _figures(explored) for rule, explored in costs.items()},
        "residual": _figures(paused),
        "not_covered": dict(not_covered),
    }
    return Summary(not violations and shown == len(costs), "\n".join(lines), figures)


def _broken(found: Explored) -> list[str]:
    return [found.violation] if found.violation else []


def _figures(found: Explored) -> dict[str, object]:
    path = [{"who": told.who, "what": told.what, "journal": list(told.rows)} for told in found.path]
    return {
        "states": found.states,
        "steps": found.steps,
        "depth": found.depth,
        "complete": found.complete,
        "violation": found.violation,
        "path": path,
    }


def _told(found: Explored) -> str:
    return "\n".join(_line(number, told) for number, told in enumerate(found.path, 1))


def _line(number: int, told: Told) -> str:
    rows = f"   → {', '.join(told.rows)}" if told.rows else ""
    return f"  {number:>3}. {told.who}: {told.what}{rows}"
