"""Odd files are reported, and none of them stops a survey, leads it out of the folder, or spoils the report."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.survey import groups, read, walk
from agents.survey.documents import Listing, Reading, load
from agents.tools.list_folder import LIST_FOLDER, ListFolderArgs
from agents.tools.read_files import READ_FILES, ReadFilesArgs
from domain.errors import ToolInvalid
from tests.unit.agents.playbook_job import done, plant
from tests.unit.agents.survey_job import SurveyJob


def read_item(job: SurveyJob) -> Reading:
    result = job.item("read").result
    assert result is not None and result.ref is not None
    return load(Reading, job.artifacts[result.ref])


async def test_links_are_told_apart_and_never_followed(tmp_path: Path) -> None:
    folder = plant(tmp_path / "f", {"a/file": "x"})
    (tmp_path / "outside").write_text("outside")
    for name, target in {
        "a/up": "..",
        "itself": "itself",
        "broken": "gone",
        "out": "../outside",
        "in": "a/file",
    }.items():
        (folder / name).symlink_to(target)
    job = await SurveyJob(folder).run()
    assert "1 file (1 B)" in job.result
    for line in (
        "- `a/up` → `..`: leads back to itself",
        "- `itself` → `itself`: leads back to itself",
        "- `broken` → `gone`: leads nowhere",
        "- `out` → `../outside`: leads out of the folder",
        "- `in` → `a/file`: leads to another place in the folder",
    ):
        assert line in job.report


@pytest.fixture
def bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A folder with a socket in it."""
    (tmp_path / "f").mkdir()
    monkeypatch.chdir(tmp_path / "f")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        yield f"{tmp_path}/f"


async def test_pipes_and_sockets_are_not_opened(bound: str) -> None:
    os.mkfifo(f"{bound}/pipe")
    job = await SurveyJob(bound).run()
    assert "- `pipe`: a named pipe" in job.report
    assert "- `socket`: a socket" in job.report


async def test_names_cannot_break_the_report(tmp_path: Path) -> None:
    names = ["new\nline", "bell\x07", "`tick`", "a|b", "<b>bold", "\u202ereversed", "# head", "sp ace "]
    plant(tmp_path, {f"d/{name}": name for name in names})
    job = await SurveyJob(tmp_path).run()
    assert f"{len(names)} files" in job.result
    for shown in ("`d/new\\nline`", "`d/bell\\x07`", "`` d/`tick` ``", "`d/\\u202ereversed`", "` d/sp ace  `"):
        assert shown in job.report
    assert all(char.isprintable() for char in job.report.replace("\n", ""))


async def test_a_name_that_is_not_utf8_is_read_and_shown(tmp_path: Path) -> None:
    plant(tmp_path, {os.fsdecode(b"caf\xe9/\xff.txt"): "TODO: rename\n"})
    job = await SurveyJob(tmp_path).run()
    assert "`caf\\xe9/\\xff.txt:1` `TODO: rename`" in job.report
    assert "1 file" in job.result


async def test_markers_lose_their_control_characters_and_their_length(tmp_path: Path) -> None:
    plant(tmp_path, {"a.py": b"# TODO: \x1b[31mred\x1b[0m \xff " + b"x" * 1000 + b"\n# NOTODO, todo\n# XXX\r\n"})
    job = await SurveyJob(tmp_path).run()
    first, second = read_item(job).markers
    assert first.text.startswith("TODO: [31mred [0m � xxx") and len(first.text) == 120
    assert (second.line, second.kind, second.text) == (3, "XXX", "XXX")


async def test_markers_are_bounded_and_counted(tmp_path: Path) -> None:
    plant(tmp_path, {"a.py": "# FIXME\n" * 500})
    job = await SurveyJob(tmp_path).run()
    assert len(read_item(job).markers) == read.MAX_MARKERS
    assert "500 TODO/FIXME markers" in job.result
    assert "- and 460 more" in job.report


async def test_a_huge_file_is_hashed_and_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "HUGE", 100)
    plant(tmp_path, {"big": "TODO\n" * 100, "same": "TODO\n" * 100})
    job = await SurveyJob(tmp_path).run()
    assert "2 duplicated, 0 TODO/FIXME markers, 2 huge" in job.result
    assert "## Huge files (not searched for markers)" in job.report


async def test_a_file_too_large_to_hash_still_is_in_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "HUGE", 10)
    monkeypatch.setattr(read, "UNHASHED", 100)
    plant(tmp_path, {"vast": "x" * 200})
    job = await SurveyJob(tmp_path).run()
    assert read_item(job).files[0].sha256 is None
    assert "- `vast`, 200 B" in job.report


async def test_what_went_away_between_listing_and_reading_is_unreadable(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=done("list"))
    (folder / "poetry.lock").unlink()
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to("/etc/passwd")
    (folder / "docs/guide.md").unlink()
    os.mkfifo(folder / "docs/guide.md")
    (folder / "data").rename(folder / "elsewhere")
    (folder / "data").symlink_to("elsewhere")
    await job.run()
    assert "5 unreadable" in job.result
    for why in (
        "`poetry.lock`: No such file or directory",
        "`README.md`: Too many levels of symbolic links",
        "`docs/guide.md`: it has become a named pipe",
        "`data/picture.png`: a folder above it has become a link",
    ):
        assert why in job.report


async def test_a_folder_that_cannot_be_opened_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scandir(path: Path, real: object = os.scandir) -> object:
        if path.name == "src":
            raise PermissionError(13, "Permission denied")
        return real(path)  # type: ignore[operator]  # the real one

    monkeypatch.setattr(os, "scandir", scandir)
    job = await SurveyJob(folder).run()
    assert "- `src`: Permission denied" in job.report
    assert "1 unreadable" in job.result


async def test_longhauls_own_home_is_not_surveyed(folder: Path) -> None:
    plant(folder, {"home/agents/ann/TODO.md": "x", "home/postgres/base": "x", ".longhaul/x": "x", "a/.venv/x": "x"})
    job = SurveyJob(folder)
    job.home = f"{folder}/home/agents/ann"
    await job.run()
    assert "8 files" in job.result
    assert "- Skipped: `.git`, `.longhaul`, `a/.venv`, `home`" in job.report


async def test_a_home_inside_the_folder_can_be_surveyed_itself(folder: Path) -> None:
    job = SurveyJob(folder)
    job.home = f"{folder}"
    await job.run()
    assert "8 files" in job.result


async def test_a_folder_with_too_many_files_is_cut_off_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "MAX_FILES", 3)
    job = await SurveyJob(folder).run()
    assert "3 files" in job.result
    assert "**Cut off**" in job.report


async def test_oddities_are_bounded_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_ODDITIES", 5)
    for n in range(9):
        (tmp_path / f"l{n}").symlink_to("gone")
    job = await SurveyJob(tmp_path).run()
    assert "4 more oddities were counted, not listed." in job.report


async def test_every_number_of_a_listing_fits_its_event(tmp_path: Path) -> None:
    plant(tmp_path, {f"{'🚢' * 60}{n}/{m}": "" for n in range(10) for m in range(3)})
    job = SurveyJob(tmp_path)
    result = await LIST_FOLDER.run(job.tool_context("k"), ListFolderArgs(folder=str(tmp_path)))
    assert len(str(result.data).encode()) < 4096
    assert result.content is not None
    listing = load(Listing, result.content)
    assert len(listing.groups) == groups.MAX_GROUPS + 1
    assert sum(group.files for group in listing.groups) == 30


async def test_a_wrong_group_and_a_wrong_artifact_are_explained(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=done("read"))
    listing = job.item("list").result
    assert listing is not None and listing.ref is not None
    wrong = ReadFilesArgs(folder=str(folder), listing=listing.ref, group="g9")
    with pytest.raises(ToolInvalid, match="has no group 'g9'; it has g1, g2, g3, g4"):
        await READ_FILES.run(job.tool_context("k"), wrong)
    job.artifacts["0" * 64] = b"[]"
    with pytest.raises(ToolInvalid, match="the artifact is no Listing"):
        await READ_FILES.run(job.tool_context("k"), wrong.model_copy(update={"listing": "0" * 64}))
