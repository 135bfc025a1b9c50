"""A survey breaks the work into items, reads a real folder, reports, remembers, and ends."""

from pathlib import Path

from tests.unit.agents.playbook_job import done, plant
from tests.unit.agents.survey_job import SurveyJob


async def test_a_survey_without_an_email_ends_with_totals_and_a_report(folder: Path) -> None:
    job = await SurveyJob(folder).run()
    assert job.result == (
        f"Surveyed {folder}: 8 files (89 B), 2 duplicated, 2 TODO/FIXME markers."
        " The report is report.md in the agent's directory."
    )
    assert job.calls == ["list_folder", *["read_files"] * 4, "compare_surveys", "write_report", "remember"]


async def test_the_first_plan_is_concrete(folder: Path) -> None:
    job = await SurveyJob(folder, email="ann@example.org").run(until=lambda state: bool(state.todo))
    assert job.open_items == [
        f"List the files of {folder}",
        "Compare with the last survey",
        "Write report.md",
        "Remember what was learned",
        "Ask for approval, then mail report.md to ann@example.org",
    ]


async def test_the_listing_becomes_one_item_a_folder(folder: Path) -> None:
    job = await SurveyJob(folder).run(until=done("list"))
    await job.move()
    assert job.open_items[:4] == [
        "Read src/ (3 files)",
        "Read the files at the top (2 files)",
        "Read data/ (2 files)",
        "Read docs/ (1 file)",
    ]


async def test_many_folders_become_nine_items(tmp_path: Path) -> None:
    plant(tmp_path, {f"d{n:02}/{m}.txt": f"{n} {m}" for n in range(12) for m in range(1 + (n == 3))})
    job = await SurveyJob(tmp_path).run(until=done("list"))
    await job.move()
    assert job.open_items[0] == "Read d03/ (2 files)"
    assert job.open_items[8] == "Read the other 4 files"
    await job.run()
    assert "13 files" in job.result


async def test_the_report_says_what_was_found(folder: Path) -> None:
    job = await SurveyJob(folder).run()
    assert job.report.startswith(f"# Survey of project\n\n- Folder: `{folder}`\n- Date: 2025-10-09\n")
    for line in (
        "- Skipped: `.git`",
        "| Binary files | 1 |",
        "| Python | 3 | 50 B | 5 |",
        "- `src/app.py`, 40 B",
        "- `src/app.py:2` `TODO: name things`",
        "- `docs/guide.md:2` `FIXME later`",
        "- 2 × 5 B: `src/again.py`, `src/copy.py`",
        "Nothing to compare with: this is the first survey of the folder.",
    ):
        assert line in job.report
    assert "secret" not in job.report


async def test_a_survey_remembers_what_it_learned(folder: Path) -> None:
    job = await SurveyJob(folder).run()
    (project,), (learning,), (focus,) = map(job.remembered, ("Ongoing Projects", "Key Learnings", "Current Focus"))
    snapshot = job.item("compare").result
    assert snapshot is not None
    assert project.text == f"Survey of {folder} on 2025-10-09: 8 files; snapshot {snapshot.ref}"
    assert project.topic == learning.topic == f"survey:{folder}"
    assert learning.text == (
        f"8 files (89 B), 2 duplicated, 2 TODO/FIXME markers under {folder}; the largest is src/app.py (40 B)"
    )
    assert (focus.topic, focus.text) == ("focus", f"Last surveyed {folder} (2025-10-09); report.md has the result")


async def test_a_second_survey_says_what_changed(folder: Path) -> None:
    first = await SurveyJob(folder).run()
    (folder / "src/copy.py").write_text("different\n")
    (folder / "docs/guide.md").unlink()
    (folder / "new.txt").write_text("new\n")
    second = SurveyJob(folder, memory=first.memory, job="job-2")
    second.artifacts = first.artifacts
    await second.run()
    assert "; since the last survey 1 added, 1 removed, 1 changed." in second.result
    assert (
        "- 1 file added: `new.txt`\n- 1 file removed: `docs/guide.md`\n- 1 file changed: `src/copy.py`" in second.report
    )
    assert [entry.job for entry in second.remembered("Ongoing Projects")] == ["job-2"]


async def test_a_third_survey_compares_with_the_second(folder: Path) -> None:
    memory, artifacts = None, dict[str, bytes]()
    for n in (1, 2, 3):
        job = SurveyJob(folder, memory=memory, job=f"job-{n}")
        job.artifacts = artifacts
        await job.run()
        memory, artifacts = job.memory, job.artifacts
        (folder / f"file{n}").write_text(f"{n}")
    assert "1 added, 0 removed, 0 changed" in job.result


async def test_a_lost_snapshot_is_no_reason_to_stop(folder: Path) -> None:
    first = await SurveyJob(folder).run()
    second = await SurveyJob(folder, memory=first.memory, job="job-2").run()
    assert "is no longer kept" in second.report


async def test_an_empty_folder_is_surveyed_too(tmp_path: Path) -> None:
    job = await SurveyJob(tmp_path).run()
    assert "0 files (0 B)" in job.result
    assert job.calls == ["list_folder", "compare_surveys", "write_report", "remember"]
