"""A report as people read it. Where nothing was counted a dash stands, never a zero."""

from collections.abc import Iterator

from domain.report import NONE, Fault, Preloading, Rate, Recovery, Report
from starter.output import line
from starter.report_words import fault_words, followed_words, status_words

COLUMNS = ("figure", "count", "of", "share", "jobs amiss", "of jobs", "amiss at most (95 %)")
NOTHING = "-"
BLIND = """\
not in here, as the journal cannot see it: a worker that died and whose work was simply done again, and an effect that
happened twice at its target (docs/reliability.md)"""
ALMOST_ALL = 0.9999
WRONG_SHOWN = 10


def headline(report: Report) -> str:
    """What the report is about."""
    since = report.period.since
    when = f"{since:%Y-%m-%d} (UTC)" if since else "all that the journal has"
    return f"{when}: something happened in {report.jobs} job{'s' * (report.jobs != 1)}"


def rows(report: Report) -> Iterator[tuple[str, ...]]:
    """One figure each."""
    ahead = report.preloading
    taken = (str(ahead.hit), str(ahead.of), percent(ahead.hit / ahead.of)) if ahead.of else (NOTHING, "0", NOTHING)
    yield ("decisions that took what was searched ahead", *taken, "", "", "")
    yield _rate("streams that hold", report.consistency.rate)
    yield _rate("interruptions that the job moved on from", report.recovery.rate)
    made = [each for each in report.effects if each.duplicates.of]
    for each in made:
        yield _rate(f"calls that were repeated, {each.effect}", each.duplicates)
        yield _rate(f"calls of unknown outcome, {each.effect}", each.unknown)
    if not made:
        yield _rate("calls that were repeated, or of unknown outcome", NONE)
    yield _rate("decisions on less than was known", report.context_loss.rate)


def sentences(report: Report) -> Iterator[str]:
    """What the table has no room for."""
    if report.statuses:
        yield f"by status: {', '.join(f'{each.count} {status_words(each.status)}' for each in report.statuses)}"
    for fault in report.faults:
        yield _fault(fault)
    if report.preloading.of:
        yield _spared(report.preloading)
    looked_at = report.consistency
    if looked_at.rate.of < looked_at.streams:
        yield f"looked at {looked_at.rate.of} of {looked_at.streams} streams; `--streams all` looks at every one"
    for wrong in looked_at.wrong[:WRONG_SHOWN]:
        yield f"{line(wrong.stream)} does not hold: {line(wrong.why)}"
    if (more := len(looked_at.wrong) - WRONG_SHOWN) > 0:
        yield f"and {more} more, which -o json names"
    if report.recovery.rate.of:
        yield moved(report.recovery)
    loss = report.context_loss
    if loss.per_1000_prompts is not None:
        yield (
            f"context lost {loss.per_1000_prompts:.4g} times in 1,000 prompts: {loss.older_requirement} on an older "
            f"requirement, {loss.older_memory} on an older memory"
        )
    yield BLIND


def followed_by(report: Report) -> tuple[str, ...]:
    """What to look at next."""
    if not report.consistency.wrong:
        return ("longhaul list",)
    jobs = [each.stream.removeprefix("job/") for each in report.consistency.wrong if each.stream.startswith("job/")]
    return ("longhaul rebuild --check", *(f"longhaul verify {job}" for job in jobs[:1]))


def cells(rate: Rate) -> tuple[str, ...]:
    """What stands in the columns after the first."""
    most = rate.jobs_amiss_at_most
    if most is None:
        return (NOTHING, "0", NOTHING, NOTHING, "0", NOTHING)
    share, amiss = percent(rate.hit / rate.of), str(rate.jobs_amiss)
    return (str(rate.hit), str(rate.of), share, amiss, str(rate.jobs), percent(most))


def _rate(name: str, rate: Rate) -> tuple[str, ...]:
    return (name, *cells(rate))


def _fault(fault: Fault) -> str:
    followed = ", ".join(f"{each.count} × {line(followed_words(each.by), 60)}" for each in fault.followed)
    return f"{fault.count} × {line(fault_words(fault.fault), 100)}: {followed}"


def percent(share: float) -> str:
    """Never 100 % for less than all."""
    return f"over {100 * ALMOST_ALL:g} %" if ALMOST_ALL < share < 1 else f"{100 * share:.4g} %"


def _spared(ahead: Preloading) -> str:
    vain = [
        f"{ahead.nothing_there} found nothing there",
        f"{ahead.memory_changed} a memory that had changed",
        f"{ahead.question_changed} another question",
        f"{ahead.entries_gone} entries that were gone",
    ]
    return (
        f"searching ahead saved {ahead.saved_ms:,.1f} ms: {ahead.searches_spared_ms:,.1f} ms of searches, less "
        f"{ahead.looking_ms:,.1f} ms of looking; of the rest, {', '.join(vain)}"
    )


def moved(recovery: Recovery) -> str:
    """How long it took until jobs moved on."""
    times = "none moved on yet"
    if recovery.p50_seconds is not None and recovery.p95_seconds is not None and recovery.max_seconds is not None:
        times = (
            f"moved on within {recovery.p50_seconds:.1f} s (half of them), {recovery.p95_seconds:.1f} s (95 of 100), "
            f"{recovery.max_seconds:.1f} s (all)"
        )
    return f"after an interruption, {times}; {recovery.waiting} have not yet, {recovery.failed} ended the job as failed"
