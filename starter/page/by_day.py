"""Rates by day: of the jobs of a day, the share in which something was amiss, and how much it could be at most."""

from collections.abc import Iterator
from datetime import date

from domain.report import Rate, Trend
from starter.page.figure import Numbers, drawn, figure, legend, number, rect, stroke
from starter.page.markup import Markup, tag
from starter.report_text import COLUMNS, cells, percent

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 560, 196, 52, 6, 10, 26
PLOT = HEIGHT - TOP - BOTTOM
SCALES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
COLOURS = ("a", "b")
LABEL_EVERY = 7

Series = tuple[tuple[str, str], ...]
"""Names of rates (`domain.report.Rates`), each with what it is a share of."""


def by_day(name: str, title: str, about: str, trend: Trend, series: Series) -> Markup:
    """One figure. In its drawing the rates stand side by side."""
    found = {each: [(day.day, getattr(day, each)) for day in trend.days] for each, _ in series}
    drawing = _drawing(name, trend, series) if any(rate.of for rates in found.values() for _, rate in rates) else None
    rows = [
        (f"{day}{_which(words, series)}", *cells(rate))
        for each, words in series
        for day, rate in found[each]
        if rate.of
    ]
    sums = [(f"all days{_which(words, series)}", *cells(getattr(trend.together, each))) for each, words in series]
    numbers = Numbers(("day", *COLUMNS[1:]), [*rows, *(sums[:-1] if rows else ())], sums[-1])
    return figure(name, title, about, numbers, drawing, _legend(series))


def _which(words: str, series: Series) -> str:
    return f", {words}" if len(series) > 1 else ""


def _legend(series: Series) -> Markup:
    entries = list[tuple[str, str]]()
    for colour, (_, words) in zip(COLOURS, series, strict=False):
        entries += [(f"fill-{colour}", words), (f"fill-{colour} bound", "at most, with 95 % confidence")]
    return legend(*entries)


def _drawing(name: str, trend: Trend, series: Series) -> Markup:
    rates = [getattr(day, each) for day in trend.days for each, _ in series]
    top = next(scale for scale in SCALES if scale >= max(rate.jobs_amiss_at_most or 0 for rate in rates))
    slot = (WIDTH - LEFT - RIGHT) / len(trend.days)
    bars = list[Markup]()
    for place, day in enumerate(trend.days):
        bars += _bars(LEFT + place * slot, slot, top, day.day, [(getattr(day, each), words) for each, words in series])
    return drawn(name, WIDTH, HEIGHT, *_grid(top), *_dates(trend, slot), *bars)


def _bars(left: float, slot: float, top: float, day: date, rates: list[tuple[Rate, str]]) -> Iterator[Markup]:
    """The bound pale with a line on top, what was counted in full colour before it."""
    width = (slot - 3) / len(rates)
    for place, (colour, (rate, words)) in enumerate(zip(COLOURS, rates, strict=False)):
        most = rate.jobs_amiss_at_most
        if most is None:
            continue
        x, high, seen = left + 1.5 + place * width, PLOT * most / top, PLOT * rate.jobs_amiss / rate.jobs / top
        base = TOP + PLOT
        told = (
            f"{day}, {words}: {rate.jobs_amiss} of {rate.jobs}, at most {percent(most)} with 95 % confidence; "
            f"count {rate.hit} of {rate.of}"
        )
        yield tag(
            "g",
            tag("title", told),
            rect(x, base - high, width - 1, high, f"fill-{colour} bound"),
            tag(
                "line",
                x1=number(x),
                x2=number(x + width - 1),
                y1=number(base - high),
                y2=number(base - high),
                class_=f"cap {colour}",
            ),
            rect(x, base - seen, width - 1, seen, f"fill-{colour}"),
        )


def _grid(top: float) -> Iterator[Markup]:
    for part in (0, 0.5, 1):
        y = TOP + PLOT * (1 - part)
        yield stroke(LEFT, y, WIDTH - RIGHT, y, "grid" if part else "axis")
        yield tag("text", percent(top * part), x=LEFT - 7, y=number(y + 4), text_anchor="end")


def _dates(trend: Trend, slot: float) -> Iterator[Markup]:
    """The last day, and each that is whole weeks before it."""
    last = len(trend.days) - 1
    for place, day in enumerate(trend.days):
        if (last - place) % LABEL_EVERY == 0:
            x = LEFT + (place + 0.5) * slot
            yield stroke(x, TOP + PLOT, x, TOP + PLOT + 4, "axis")
            x, anchor = (x + slot / 2, "end") if place == last else (x, "middle")
            yield tag("text", f"{day.day:%b} {day.day.day}", x=number(x), y=HEIGHT - 7, text_anchor=anchor)
