"""A report as one HTML page that needs nothing else: no script, no address, plots as SVG, styles inside.

Its figures are those of the text (`starter.report_text`), cell for cell. Of what people and models wrote nothing is in
it, so that no page keeps what is erased from the journal: ids, kinds, numbers. It forbids itself scripts besides.
"""

from domain.report import Report
from starter.output import clock
from starter.page.bars import faults, histogram, statuses
from starter.page.by_day import by_day
from starter.page.figure import Numbers, table
from starter.page.markup import Markup, tag, together
from starter.page.style import STYLE
from starter.page.tiles import tiles
from starter.report_text import COLUMNS, headline, rows, sentences

HARMLESS = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
NOTHING_YET = "There is nothing yet: no job has been asked for. The command longhaul start asks for one."
NOTHING_THEN = "Nothing happened on this day."
BY_DAY = """\
Of the jobs of each day, the share in which something was amiss (full colour), and the share that it could be at most,
with 95 % confidence (pale): the one-sided Clopper–Pearson bound. Few jobs say little, so their bound is high."""


def page(report: Report) -> str:
    """The whole page."""
    plots = (*_days(report), *_others(report))
    main = tag("main", *_header(report), tiles(report), *plots, *_figures(report), _footer(report))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=HARMLESS),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"Longhaul, how reliable it was: {_when(report)}"),
        tag("style", Markup(STYLE)),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', main), lang='en')}\n"


def _when(report: Report) -> str:
    return f"{report.period.since:%Y-%m-%d}" if report.period.since else f"up to {report.at:%Y-%m-%d}"


def _header(report: Report) -> tuple[Markup, ...]:
    about = f"{headline(report)}. As of {clock(report.at)} UTC, from the journal alone."
    lead = tag("header", tag("h1", "How reliable it was"), tag("p", about, class_="quiet"))
    if report.jobs or report.consistency.streams:
        return (lead,)
    return lead, tag("p", NOTHING_THEN if report.period.since else NOTHING_YET, class_="nothing card")


def _days(report: Report) -> tuple[Markup, ...]:
    trend = report.trend
    days = f"The rates by day, {trend.days[0].day} to {trend.days[-1].day}"
    plots = (
        by_day(
            "consistency",
            "State consistency",
            "Streams that do not hold, of those looked at in which something happened on the day.",
            trend,
            (("consistency", "streams that do not hold"),),
        ),
        by_day(
            "recovery",
            "Recovery",
            "Jobs that did not move on from an interruption, of those that were interrupted.",
            trend,
            (("recovery", "jobs that did not move on"),),
        ),
        by_day(
            "duplicates",
            "Repeated calls, and unknown outcomes",
            "Jobs with a call that was repeated, or of unknown outcome, of those that changed anything.",
            trend,
            (("duplicates", "repeated calls"), ("unknown", "unknown outcomes")),
        ),
        by_day(
            "context",
            "Lost context",
            "Jobs with a decision on less than was known, of those in which a model decided.",
            trend,
            (("context_loss", "decisions on less than was known"),),
        ),
    )
    return tag("h2", days), tag("p", BY_DAY, class_="quiet lead"), tag("div", *plots, class_="plots")


def _others(report: Report) -> tuple[Markup, ...]:
    plots = (histogram(report.recovery), faults(report.faults), statuses(report))
    return tag("h2", "Interruptions, faults, jobs"), tag("div", *plots, class_="plots")


def _figures(report: Report) -> tuple[Markup, ...]:
    said = tag("ul", *(tag("li", sentence) for sentence in sentences(report)), class_="said")
    numbers = table("Each figure, as the command prints it", Numbers(COLUMNS, list(rows(report))))
    return tag("h2", "Every figure"), tag("div", numbers, said, class_="card")


def _footer(report: Report) -> Markup:
    since = report.period.since
    again = f"longhaul report{f' --day {since:%Y-%m-%d}' if since else ''} --html report.html"
    how = together("Computed from the journal, read-only; ", tag("code", again), " computes it anew, ",
                   tag("code", "-o json"), " prints it for programs. ")  # fmt: skip
    defined = "docs/reliability.md defines each figure, and says what only a witness outside can tell."
    return tag("footer", tag("p", how, defined))
