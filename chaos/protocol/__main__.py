"""`python -m chaos.protocol`: explores the protocol, then takes away each rule and shows what that costs.

    --effect NAME   only this effect (again for more)    --rule WORD   only rules whose sentence has this word
    --depth N       steps at most (0: no limit)          --deep        no limit, and one thing more goes wrong
    -o text|json

Ends with 1 when a promise is broken, or when a rule that was taken away costs nothing.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence

from chaos.protocol.bounds import Bounds
from chaos.protocol.core import Core
from chaos.protocol.report import shown_effect, shown_residual, shown_rule, summary
from chaos.protocol.rules import NOT_COVERED, SOUGHT, Rule, Sought
from chaos.protocol.search import Explored, Search
from domain.answers import Effect

DEPTH = 24
"""Steps that are explored unless more are asked for: half again as many as the longest counterexample takes."""
PAUSED = Sought(Effect.LOOKUP, Bounds(faults=1, messages=0, answers=0, pause=True))


def main(given: Sequence[str]) -> int:
    """Explores and prints; returns the exit code."""
    asked = _arguments().parse_args(given)
    depth = 0 if asked.deep else asked.depth
    bounds = Bounds(together=3) if asked.deep else Bounds()
    began, text = time.monotonic(), asked.output == "text"
    effects = {effect: Search(Core(effect), bounds, depth) for effect in asked.effect or tuple(Effect)}
    found = dict[str, Explored]()
    for effect, search in effects.items():
        found[effect] = search.explored()
        _say(shown_effect(effect, found[effect]), text)
    chosen = [rule for rule in Rule if asked.rule.lower() in rule.lower()]
    costs = dict[Rule, Explored]()
    for rule in chosen:
        sought = SOUGHT.get(rule, Sought())
        costs[rule] = Search(Core(sought.effect, without=rule), sought.bounds, DEPTH).explored()
        _say(shown_rule(rule, sought.effect, costs[rule]), text)
    paused = Search(Core(PAUSED.effect), PAUSED.bounds, DEPTH).explored()
    _say(shown_residual(paused), text)
    result = summary(found, costs, paused, NOT_COVERED, time.monotonic() - began)
    sys.stdout.write((result.text if text else json.dumps(result.figures, indent=2)) + "\n")
    return 0 if result.holds else 1


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m chaos.protocol", description="Explores the protocol's interleavings.")
    parser.add_argument("--effect", type=Effect, action="append", metavar="NAME", help=f"one of {', '.join(Effect)}")
    parser.add_argument("--depth", type=int, default=DEPTH, metavar="N", help=f"steps at most, {DEPTH} unless given")
    parser.add_argument("--deep", action="store_true", help="no limit of steps, and one thing more goes wrong")
    parser.add_argument("--rule", default="", metavar="WORD", help="only rules whose sentence has this word")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    return parser


def _say(lines: str, text: bool) -> None:
    if text:
        sys.stdout.write(lines + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
