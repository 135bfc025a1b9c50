"""The four figures that matter most, at the head of the page, each with a mark that says whether to look further."""

from domain.report import Rate, Report
from starter.page.markup import Markup, tag
from starter.report_text import percent

NOTHING = "–"
Sentences = tuple[str, ...]
GOOD, LOOK, NONE = ("as it should be", "good"), ("look here", "bad"), ("nothing to count", "none")
WAITS = ("waits", "waits")


def tiles(report: Report) -> Markup:
    """Consistency, recovery, duplicates, context."""
    return tag("dl", _consistency(report), _recovery(report), _duplicates(report), _context(report), class_="tiles")


def _tile(name: str, mark: tuple[str, str], value: str, said: Sentences) -> Markup:
    words, classes = mark
    return tag(
        "div",
        tag("dt", name),
        tag("dd", value, class_="value"),
        *(tag("dd", sentence) for sentence in said if sentence and mark is not NONE),
        tag("dd", tag("span", words, class_=f"mark {classes}"), class_="state"),
        class_="card tile",
    )


def _mark(amiss: int, of: int) -> tuple[str, str]:
    return NONE if not of else LOOK if amiss else GOOD


def _share(rate: Rate) -> str:
    return percent(rate.hit / rate.of) if rate.of else NOTHING


def _bound(rate: Rate, of: str) -> str:
    most = rate.jobs_amiss_at_most
    return f"amiss in at most {percent(most)} of {of} (95 %)" if most is not None else ""


def _consistency(report: Report) -> Markup:
    rate = report.consistency.rate
    said = (f"{rate.hit} of {rate.of} streams hold", _bound(rate, "streams"))
    return _tile("State consistency", _mark(rate.jobs_amiss, rate.of), _share(rate), said)


def _recovery(report: Report) -> Markup:
    found = report.recovery
    mark = _mark(found.failed, found.rate.of)
    if mark is GOOD and found.waiting:
        mark = WAITS
    said = (f"{found.rate.hit} of {found.rate.of} interruptions: the job moved on", _bound(found.rate, "jobs"))
    return _tile("Recovery", mark, _share(found.rate), said)


def _duplicates(report: Report) -> Markup:
    of = sum(each.duplicates.of for each in report.effects)
    doubles, unknown = (sum(getattr(each, name).hit for each in report.effects) for name in ("duplicates", "unknown"))
    said = (f"of {of} calls are known to have been repeated", f"{unknown} of unknown outcome")
    return _tile("Repeated calls", _mark(doubles, of), str(doubles) if of else NOTHING, said)


def _context(report: Report) -> Markup:
    loss = report.context_loss
    value = NOTHING if loss.per_1000_prompts is None else f"{loss.per_1000_prompts:.4g}"
    said = (f"in 1,000 prompts: {loss.rate.hit} of {loss.rate.of}", _bound(loss.rate, "jobs"))
    return _tile("Lost context", _mark(loss.rate.hit, loss.rate.of), value, said)
