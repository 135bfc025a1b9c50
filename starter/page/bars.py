"""The other figures: how long until a job moved again, what followed on faults, how jobs stand."""

from collections.abc import Iterator
from itertools import pairwise

from domain.report import Fault, Followed, Recovery, Report
from starter.output import line
from starter.page.figure import Numbers, drawn, figure, legend, number, rect, stroke
from starter.page.markup import Markup, tag
from starter.report_text import moved
from starter.report_words import fault_words, followed_words, status_words

WIDTH = 560
GOOD = ("moved", "returned", "late", "happened", "unsent", "sent")
COLOURS = {**dict.fromkeys(GOOD, "good"), "waiting": "waits", "unknown": "waits", "failed": "bad"}
STANDS = {"pending": "person", "ready": "person", "in_progress": "a", "waiting": "waits", "completed": "good",
          "failed": "bad", "cancelled": "person"}  # fmt: skip
UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
DIGIT = 7.2
"""About how wide a digit is."""


def histogram(recovery: Recovery) -> Markup:
    """The seconds from an interruption to the event by which the job moved on."""
    bars = recovery.histogram
    edges = [0.0, *(bar.under_seconds for bar in bars if bar.under_seconds is not None)]
    names = [f"{_time(edge)} to {_time(end)}" for edge, end in pairwise(edges)]
    rows = [(name, str(bar.count)) for name, bar in zip([*names, f"{_time(edges[-1])} and more"], bars, strict=True)]
    numbers = Numbers(("time to move again", "interruptions"), rows if recovery.rate.hit else (), None)
    drawing = _columns("moving", rows, edges) if recovery.rate.hit else None
    about = moved(recovery) if recovery.rate.of else "From an interruption to the event by which the job moved on."
    return figure("moving", "Time to move again", about, numbers, drawing)


def _columns(name: str, rows: list[tuple[str, str]], edges: list[float]) -> Markup:
    left, top, height, slot = 8, 22, 150, (WIDTH - 16) / len(rows)
    highest = max(int(count) for _, count in rows)
    inside = [stroke(left, top + height, WIDTH - left, top + height, "axis")]
    for place, (words, count) in enumerate(rows):
        x, high = left + place * slot, height * int(count) / highest
        inside.append(tag("text", _time(edges[place]), x=number(x), y=top + height + 17,
                          text_anchor="middle" if place else "start"))  # fmt: skip
        if int(count):
            bar = rect(x + 1, top + height - high, slot - 2, high, "fill-a")
            text = tag("text", count, x=number(x + slot / 2), y=number(top + height - high - 6), text_anchor="middle",
                       class_="strong")  # fmt: skip
            inside.append(tag("g", tag("title", f"{words}: {count}"), bar, text))
    return drawn(name, WIDTH, top + height + 24, *inside)


def _time(seconds: float) -> str:
    for unit, name in UNITS:
        if seconds >= unit:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


def faults(found: tuple[Fault, ...]) -> Markup:
    """Each kind as a bar, in parts by what followed."""
    rows = [
        (fault_words(fault.fault), str(fault.count), followed_words(each.by), str(each.count))
        for fault in found
        for each in fault.followed
    ]
    numbers = Numbers(("fault", "in all", "followed by", "count"), rows)
    keys = legend(
        ("fill-good", "went on, or is known"),
        ("fill-person", "a person decided, nobody did, or it mattered no longer"),
        ("fill-waits", "nothing yet, or unknown"),
        ("fill-bad", "the job failed"),
    )
    drawing = drawn("faults", WIDTH, 46 * len(found), *_lines(found)) if found else None
    about = "What the journal knows to have gone amiss, by kind, and what followed on it."
    return figure("faults", "Faults, and what followed", about, numbers, drawing, keys)


def _lines(found: tuple[Fault, ...]) -> Iterator[Markup]:
    most = max(fault.count for fault in found)
    for place, fault in enumerate(found):
        y = 46 * place
        yield tag("text", line(fault_words(fault.fault), 70), x=0, y=y + 14, class_="strong")
        yield tag("text", str(fault.count), x=WIDTH, y=y + 14, text_anchor="end", class_="strong")
        x = 0.0
        for each in fault.followed:
            width = WIDTH * each.count / most
            yield _part(x, y + 20, width, each)
            x += width


def _part(x: float, y: int, width: float, followed: Followed) -> Markup:
    words = line(followed_words(followed.by), 40)
    inside = [f"{followed.count} × {words}", str(followed.count)]
    fitting = next((text for text in inside if len(text) * DIGIT + 12 < width), "")
    colour = COLOURS.get(followed.by, "person")
    return tag(
        "g",
        tag("title", f"{followed.count} × {words}"),
        rect(x, y, max(width - 1.5, 1), 20, f"fill-{colour}"),
        tag("text", fitting, x=number(x + 7), y=y + 14, class_="inside"),
    )


def statuses(report: Report) -> Markup:
    """The jobs that anything happened in, by how they stand."""
    rows = [(status_words(each.status), str(each.count)) for each in report.statuses]
    numbers = Numbers(("status", "jobs"), rows, ("all", str(report.jobs)) if rows else None)
    about = "The jobs in which anything happened, by how they stand now."
    drawing = drawn("statuses", WIDTH, 34 * len(rows), *_standing(report)) if rows else None
    return figure("statuses", "Jobs by status", about, numbers, drawing)


def _standing(report: Report) -> Iterator[Markup]:
    most, left, room = max(each.count for each in report.statuses), 96, WIDTH - 96 - 60
    for place, each in enumerate(report.statuses):
        y, width = 34 * place, room * each.count / most
        words = line(status_words(each.status), 20)
        yield tag("text", words, x=left - 10, y=y + 21, text_anchor="end", class_="strong")
        colour = STANDS.get(each.status or "", "bad")
        yield rect(left, y + 5, width, 23, f"fill-{colour}")
        yield tag("text", str(each.count), x=number(left + width + 8), y=y + 21, class_="strong")
