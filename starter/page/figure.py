"""A figure of the page: its title, what it shows, the drawing, and a table of its numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starter.page.markup import Markup, tag, together

Row = Sequence[str]


@dataclass(frozen=True)
class Numbers:
    """The numbers of a figure: what the columns are, a row each, and perhaps one of all together."""

    columns: Row
    rows: Sequence[Row]
    sum: Row | None = None


def figure(name: str, title: str, about: str, numbers: Numbers, *drawing: Markup | None) -> Markup:
    """`name` is its id in the page. Without a drawing it says that there was nothing to count."""
    there = [each for each in drawing if each]
    seen = together(*there) if drawing[0] else tag("p", "Nothing was counted.", class_="nothing")
    return tag(
        "figure",
        tag("figcaption", tag("h3", title, id=f"{name}-title"), tag("p", about, id=f"{name}-about")),
        seen,
        *([_unfolded(table(f"{title}: the numbers", numbers))] if numbers.rows else []),
        class_="card",
        id=name,
    )


def _unfolded(numbers: Markup) -> Markup:
    return tag("details", tag("summary", "Numbers"), numbers)


def drawn(name: str, width: int, height: int, *inside: str) -> Markup:
    """The drawing of the figure with that id; it may be wider than a phone."""
    svg = tag(
        "svg",
        *inside,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_labelledby=f"{name}-title {name}-about",
    )
    return tag("div", svg, class_="scroll")


def legend(*entries: tuple[str, str]) -> Markup:
    """Classes of a rectangle, each with what it stands for."""

    def square(classes: str) -> Markup:
        inner = tag("rect", width=12, height=12, rx=2, class_=classes)
        return tag("svg", inner, viewBox="0 0 12 12", aria_hidden="true")

    return tag("ul", *(tag("li", square(classes), words) for classes, words in entries), class_="legend")


def rect(x: float, y: float, width: float, height: float, classes: str) -> Markup:
    return tag("rect", x=number(x), y=number(y), width=number(width), height=number(height), class_=classes)


def stroke(x1: float, y1: float, x2: float, y2: float, classes: str) -> Markup:
    return tag("line", x1=number(x1), y1=number(y1), x2=number(x2), y2=number(y2), class_=classes)


def number(value: float) -> str:
    """A place or a length in a drawing."""
    return f"{value:.1f}"


def table(caption: str, numbers: Numbers) -> Markup:
    """A table whose first column names the rows."""
    foot = tag("tfoot", _row(numbers.sum)) if numbers.sum else Markup()
    inside = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *(tag("th", column, scope="col") for column in numbers.columns))),
        tag("tbody", *map(_row, numbers.rows)),
        foot,
    )
    return tag("div", inside, class_="scroll", tabindex=0, role="region", aria_label=caption)


def _row(cells: Iterable[str]) -> Markup:
    first, *others = cells
    return tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in others))
