"""A report as a page: the figures of the text, nothing that runs or is fetched, and a table for every plot."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from domain.report import (
    EDGES,
    NONE,
    Bar,
    Consistency,
    ContextLoss,
    Day,
    Effects,
    Fault,
    Followed,
    Period,
    Preloading,
    Rate,
    Rates,
    Recovery,
    Report,
    Status,
    Trend,
    Wrong,
)
from starter.page.markup import Markup, tag
from starter.page.page import NOTHING_YET, page
from starter.report_text import cells, rows, sentences

AT = datetime(2026, 11, 29, 9, tzinfo=UTC)
TREND = Period().trend(AT)
EVIL = "<script>alert('x')</script>\"onload=alert(1) x=\"&amp;\x1b[31m"
PLOTS = ("consistency", "recovery", "duplicates", "context", "moving", "faults", "statuses")


class Read(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.cells: list[list[str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if "tr" in self.open:
            self.cells[-1][-1] += data

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]


def rate(hit: int, of: int, amiss: int, jobs: int) -> Rate:
    return Rate(hit=hit, of=of, jobs_amiss=amiss, jobs=jobs)


def made(word: str = "x", *, days: int = 30, count: int = 5) -> Report:
    """A report with something everywhere (nothing, if `count` is 0), and the word wherever a word can be."""
    some = rate(count, 2 * count, min(1, count), count)
    rates = Rates(consistency=some, recovery=some, duplicates=some, unknown=some, context_loss=some)
    nothing = Rates(consistency=NONE, recovery=NONE, duplicates=NONE, unknown=NONE, context_loss=NONE)
    histogram = tuple(Bar(under_seconds=under, count=count * (under == 2.0)) for under in (*EDGES, None))
    seconds = 1.5 if count else None
    return Report(
        period=Period(),
        jobs=count,
        preloading=Preloading(hit=count, of=2 * count, memory_changed=count, question_changed=0, entries_gone=0,
                              nothing_there=0, searches_spared_ms=12.5, looking_ms=3.25),
        consistency=Consistency(rate=some, streams=3 * count,
                                wrong=(Wrong(stream=f"job/{word}", why=f"because {word}"),) * min(1, count)),
        recovery=Recovery(rate=some, waiting=count, failed=0, p50_seconds=seconds, p95_seconds=seconds,
                          max_seconds=seconds, histogram=histogram),
        effects=(Effects(effect="once", duplicates=some, unknown=some),),
        context_loss=ContextLoss(rate=some, older_requirement=count, older_memory=0),
        statuses=(Status(status=word, count=count), Status(status=None, count=count)) if count else (),
        faults=(Fault(fault=f"{word} {word}", followed=(Followed(by=word, count=count),)),) if count else (),
        trend=Trend(period=TREND, together=rates, days=tuple(
            Day(day=day, **dict(rates if place < days else nothing)) for place, day in enumerate(TREND.days))),
        at=AT,
    )  # fmt: skip


@pytest.mark.parametrize("word", ["x", EVIL, "</style><script>", "</svg>", "--><img src=x onerror=alert(1)>"])
def test_whatever_a_word_is_nothing_in_the_page_runs(word: str) -> None:
    text = page(made(word))
    found = Read(text)
    assert {name for name, _ in found.tags} == {name for name, _ in Read(page(made())).tags}
    assert "script" not in {name for name, _ in found.tags}
    assert not [key for _, attributes in found.tags for key in attributes if key.startswith("on")]
    assert len(found.tags) == len(Read(page(made())).tags)
    assert "\x1b" not in text
    assert found.open == []


def test_a_word_is_shown_as_it_is() -> None:
    assert any("job/<b>&amp;" in text for text in Read(page(made("<b>&amp;"))).texts)
    assert any("job/<b>&amp;" in each for each in sentences(made("<b>&amp;")))


def test_it_needs_nothing_from_elsewhere() -> None:
    text = page(made())
    found = Read(text)
    assert not re.search(r"https?:|//|@import|url\(", text)
    assert not [key for _, attributes in found.tags for key in attributes if key in ("src", "href", "xlink:href")]
    [policy] = [each["content"] for name, each in found.tags if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_its_figures_are_those_of_the_text() -> None:
    report = made()
    found = Read(page(report))
    for row in rows(report):
        assert list(row) in found.cells
    for sentence in sentences(report):
        assert sentence in found.texts
    for day in report.trend.days:
        assert [str(day.day), *cells(day.recovery)] in found.cells
        assert [f"{day.day}, unknown outcomes", *cells(day.unknown)] in found.cells
    assert ["all days", *cells(report.trend.together.recovery)] in found.cells
    assert ["1 s to 2 s", "5"] in found.cells


def test_every_plot_has_a_title_and_a_table() -> None:
    text = page(made())
    found, ids = Read(text), Read(text).ids()
    assert len(ids) == len(set(ids))
    plots = [attributes for name, attributes in found.tags if name == "svg" and attributes.get("role") == "img"]
    named = [str(attributes["aria-labelledby"]).split() for attributes in plots]
    assert named == [[f"{plot}-title", f"{plot}-about"] for plot in PLOTS]
    assert {each for both in named for each in both} < set(ids)
    figures = re.findall(r"<figure.*?</figure>", text)
    assert len(figures) == len(PLOTS)
    assert all("<table>" in figure and "<caption>" in figure and 'scope="col"' in figure for figure in figures)


def test_no_bar_leaves_its_plot() -> None:
    text = page(made())
    for box, inside in re.findall(r'<svg viewBox="0 0 (\d+ \d+)"(.*?)</svg>', text):
        width, height = map(int, box.split())
        bars = re.findall(r'<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.-]+)" height="([\d.-]+)"', inside)
        for x, y, wide, high in (map(float, bar) for bar in bars):
            assert min(x, y, wide, high) >= 0
            assert x + wide <= width + 1
            assert y + high <= height


def test_where_there_is_nothing_it_says_so_and_draws_nothing() -> None:
    report = made(count=0, days=0)
    found = Read(page(report))
    assert NOTHING_YET in found.texts
    assert found.texts.count("Nothing was counted.") == len(PLOTS)
    assert "svg" not in {name for name, _ in found.tags}
    assert not [text for text in found.texts if "%" in text and "95 %" not in text and "{" not in text]


def test_a_day_without_anything_has_no_bar_and_no_row() -> None:
    found = Read(page(made(days=3)))
    first, later = TREND.days[0], TREND.days[5]
    assert any(row[0] == str(first) for row in found.cells)
    assert not any(row[0].startswith(str(later)) for row in found.cells)
    assert not any(str(later) in text for text in found.texts)


def test_the_page_of_a_day_says_which() -> None:
    day = AT.date() - timedelta(days=1)
    text = page(made().model_copy(update={"period": Period.of_day(day)}))
    assert f"how reliable it was: {day}</title>" in text
    assert f"longhaul report --day {day} --html report.html" in text


def test_only_markup_stands_as_it_is() -> None:
    assert tag("p", "<b>", Markup("<i></i>"), title='"<') == '<p title="&quot;&lt;">&lt;b&gt;<i></i></p>'
    assert tag("p", Markup("<b>") + "<") == "<p>&lt;b&gt;&lt;</p>", "what is put together by hand is text again"
