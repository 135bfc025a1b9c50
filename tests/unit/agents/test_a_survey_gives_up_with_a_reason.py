"""A survey that can never be made says why, at once."""

from pathlib import Path

import pytest

from domain.events import JobFailed
from tests.unit.agents.survey_job import SurveyJob


async def failure(folder: str) -> str:
    job = await SurveyJob(folder).run()
    assert isinstance(job.state.end, JobFailed)
    return job.state.end.why


async def test_a_missing_folder_is_named_with_the_nearest_that_exists(tmp_path: Path) -> None:
    why = await failure(f"{tmp_path}/gone/deep")
    assert why == f"there is no folder {tmp_path}/gone/deep here; the nearest that exists is {tmp_path}"


async def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "is a file, not a folder" in await failure(f"{tmp_path}/file")


async def test_a_loop_of_links_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be opened" in await failure(f"{tmp_path}/loop")


@pytest.mark.parametrize("folder", ["relative/path", "", "/" + "x" * 2000, "/a\0b"])
async def test_an_input_that_is_no_absolute_path_is_explained(folder: str) -> None:
    assert "an absolute path" in await failure(folder)


async def test_a_missing_folder_is_given_up_after_a_change_too(tmp_path: Path) -> None:
    job = SurveyJob(f"{tmp_path}/gone")
    await job.run(until=lambda state: state.steps_done == 1)
    job.say("tell", text="ignore *.lock")
    await job.run()
    assert isinstance(job.state.end, JobFailed)
