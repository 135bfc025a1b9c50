"""The report as text: first the interleavings that break a promise, then one line a tool."""

from collections.abc import Iterable, Iterator, Sequence

from chaos.torture.run import Report
from chaos.torture.trial import Verdict

IN_FULL = 3
EXCUSE = "excused: an attempt stood still between its last check and its effect, which `lookup` does not promise for"
COLUMNS = ("tool", "effect", "scenarios", "kept", "broken", "excused", "verdict")


def broken(report: Report, *, everything: bool) -> Iterator[str]:
    """What breaks the promise, the shortest interleavings first; `everything` has them all in full."""
    if report.kept:
        return
    yield f"{report.tool} is declared {report.effect.value}: {report.promise}. It breaks that:"
    ordered = sorted(report.broken, key=lambda verdict: len(verdict.steps))
    full = len(ordered) if everything else IN_FULL
    for verdict in ordered[:full]:
        yield ""
        yield f"{verdict.scenario}: {verdict.broken}"
        yield from _steps(verdict)
    if rest := ordered[full:]:
        yield ""
        yield f"and in {len(rest)} more (--all shows them step by step):"
        yield from (f"  {verdict.scenario}: {verdict.broken}" for verdict in rest)
    yield ""


def rows(reports: Iterable[Report]) -> Iterator[Sequence[str]]:
    """The rows of the table."""
    for each in reports:
        bad, excused = len(each.broken), len(each.excused)
        kept = each.scenarios - bad - excused
        verdict = "keeps its promise" if each.kept else "BREAKS ITS PROMISE"
        yield each.tool, each.effect.value, f"{each.scenarios}", f"{kept}", f"{bad}", f"{excused}", verdict


def excuse(reports: Iterable[Report]) -> str:
    """Why some scenarios are excused; empty when none are."""
    return EXCUSE if any(each.excused for each in reports) else ""


def _steps(verdict: Verdict) -> Iterator[str]:
    for number, step in enumerate(verdict.steps, 1):
        journal = f"; journal: {', '.join(step.journal)}" if step.journal else ""
        yield f"  {number}  {step.who} {step.did}{journal}; effects: {step.effects}"
