"""Pages of reports in files: whole, bounded in number, and never in place of what is no file."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.errors import Refused
from stores import pages
from stores.pages import DailyPages

DAY = date(2026, 11, 28)


def _names(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "reports").iterdir())


def test_the_newest_stay_and_other_files_are_left_alone(tmp_path: Path) -> None:
    daily = DailyPages(tmp_path, kept=3)
    daily.keep(DAY, "first")
    (tmp_path / "reports" / "notes.html").write_text("mine")
    for number in range(5):
        daily.keep(DAY + timedelta(days=number), f"page {number}")
    assert _names(tmp_path) == ["2026-11-30.html", "2026-12-01.html", "2026-12-02.html", "notes.html"]
    assert (tmp_path / "reports" / "2026-12-02.html").read_text() == "page 4"


def test_a_page_written_again_replaces_itself(tmp_path: Path) -> None:
    daily = DailyPages(tmp_path, kept=3)
    places = {daily.keep(DAY, text) for text in ("one", "two")}
    assert places == {tmp_path / "reports" / "2026-11-28.html"}
    assert _names(tmp_path) == ["2026-11-28.html"]
    assert places.pop().read_text() == "two"


def test_where_none_is_kept_none_stays(tmp_path: Path) -> None:
    DailyPages(tmp_path, kept=0).keep(DAY, "one")
    assert _names(tmp_path) == []


def test_whoever_reads_finds_the_old_page_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the rename the old one stands there whole; if that fails nothing else is left behind."""
    file = tmp_path / "report.html"
    pages.write(pages.checked(file), "old")

    def full(*_: object, **__: object) -> None:
        assert file.read_text() == "old"
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", full)
        with pytest.raises(Refused, match=r"report.html was not written: No space left on device"):
            pages.write(pages.checked(file), "new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    pages.write(pages.checked(file), "new")
    assert file.read_text() == "new"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link, file = tmp_path / "latest.html", tmp_path / "report.html"
    link.symlink_to(file)
    pages.write(pages.checked(link), "new")
    assert link.is_symlink()
    assert file.read_text() == "new"


@pytest.mark.parametrize(
    ("name", "why"),
    [("", "no plain file"), ("nowhere/report.html", "there is no directory"), ("pipe", "no plain file")],
)
def test_what_cannot_be_written_is_refused_before(name: str, why: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Refused, match=why):
        pages.checked(tmp_path / name)
