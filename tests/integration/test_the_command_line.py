"""The command line as its user types it, against the real stack: output, exit codes, errors."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from settings import Settings
from starter.__main__ import OVERVIEW
from starter.app import COMMANDS, GROUPS
from tests.conftest import until
from tests.support.forked import Said, ran
from worker import running


@dataclass(frozen=True)
class Terminal:
    """Types commands for one installation."""

    settings: Settings
    exported: tuple[tuple[str, str], ...] = ()
    """Variables that its shell has set besides."""

    async def __call__(self, *words: str, **more: str) -> Said:
        """Runs `longhaul WORDS`. A traceback is a failure whatever the command."""
        said = await asyncio.to_thread(ran, ["starter", *words], self.environment(**more), 60)
        assert "Traceback" not in said.err + said.out, said.err
        return said

    def environment(self, **more: str) -> dict[str, str]:
        """What a shell of that installation has set."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LONGHAUL_", "TEMPORAL_"))}
        return {
            **kept,
            "LONGHAUL_HOME": str(self.settings.home),
            "LONGHAUL_POSTGRES_DSN": self.settings.needed("postgres_dsn"),
            "LONGHAUL_REDIS_URL": self.settings.needed("redis_url"),
            "TEMPORAL_ADDRESS": self.settings.temporal_address or "",
            "LONGHAUL_TASK_QUEUE": self.settings.task_queue,
            "COLUMNS": "200",
            **dict(self.exported),
            **more,
        }


@pytest.fixture
def longhaul(settings: Settings) -> Terminal:
    return Terminal(settings)


@pytest.fixture
async def at_work(settings: Settings) -> AsyncIterator[None]:
    async with running(settings):
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "src" / "app.py").write_text("x = 1  # TODO: name it\n")
    (project / "README.md").write_text("# Project\n")
    return project


async def _waits(longhaul: Terminal, job: str) -> dict[str, Any]:
    async def asks() -> bool:
        return bool((await longhaul("show", job, "-o", "json")).json()["waiting_for"])

    await until(asks, 30)
    view: dict[str, Any] = (await longhaul("show", job, "-o", "json")).json()
    return view


@pytest.mark.usefixtures("at_work")
async def test_a_survey_from_start_to_end(longhaul: Terminal, folder: Path, unique: str) -> None:
    words = (
        "start",
        "survey",
        "-i",
        f"folder={folder}",
        "-i",
        "email=you@example.org",
        "--agent",
        unique,
        "--by",
        "ann",
    )
    started = await longhaul(*words, "-o", "json")
    assert started.code == 0
    job = started.json()["job"]
    again = await longhaul(*words)
    assert "exists already" in again.out
    view = await _waits(longhaul, job)
    expected = {"job", "agent", "type", "status", "revision", "version", "steps_done", "todo", "waiting_for"}
    assert expected <= view.keys()
    assert expected | {"job"} <= view.keys()
    assert {"id", "kind", "about", "deadline", "default"} <= view["waiting_for"][0].keys()
    assert (view["status"], view["waiting_for"][0]["kind"]) == ("waiting", "approval")
    inbox = await longhaul("list", "--waiting", "--agent", unique)
    assert f"longhaul approve {job} {view['waiting_for'][0]['id']}" in inbox.err
    assert (await longhaul("result", job, "--wait", "1")).code == 3
    told = await longhaul("tell", job, "ignore *.md", "--by", "bob")
    assert told.out == "recorded as revision 2\n"
    view = await _waits(longhaul, job)
    assert view["revision"] == 2
    wrong = await longhaul("approve", job, "9999")
    assert (wrong.code, wrong.out) == (2, "")
    assert "no open approval has the number 9999" in wrong.err
    assert (await longhaul("reject", job, str(view["waiting_for"][0]["id"]), "--why", "not now")).code == 0
    ended = await longhaul("result", job, "--wait", "30", "-o", "json")
    assert ended.code == 0
    assert ended.json()["status"] == "completed"
    watched = await longhaul("watch", job, "-o", "jsonl")
    assert watched.code == 0
    assert [json.loads(line)["version"] for line in watched.out.splitlines()] == list(
        range(1, ended.json()["version"] + 1)
    )
    assert "verified" in (await longhaul("verify", job)).out
    assert "rejected request" in (await longhaul("timeline", job)).out
    assert "Survey of" in (await longhaul("memory", "show", unique)).out
    assert "## Completed" in (await longhaul("todo", "show", unique)).out
    assert (await longhaul("rebuild", "--check")).code == 0
    late = await longhaul("pause", job)
    assert late.code == 2
    assert "completed" in late.err


@pytest.mark.usefixtures("at_work")
async def test_pause_resume_and_cancel(longhaul: Terminal, folder: Path, unique: str) -> None:
    await longhaul(
        "start", "survey", "-i", f"folder={folder}", "-i", "email=a@b.org", "--id", unique, "--agent", unique
    )
    await _waits(longhaul, unique)
    assert (await longhaul("pause", unique, "--why", "lunch")).code == 0
    assert f"longhaul resume {unique}" in (await longhaul("list", "--waiting")).err
    assert (await longhaul("pause", unique)).code == 2
    assert (await longhaul("resume", unique)).code == 0
    assert (await longhaul("cancel", unique, "--by", "ann")).code == 0
    assert (await longhaul("result", unique, "--wait", "20")).code == 1


REFUSED = [
    (("start", "surveys"), "there are: survey"),
    (("start", "survey"), "input folder"),
    (("start", "survey", "-i", "folder"), "NAME=VALUE"),
    (("start", "survey", "-i", "folder=.", "-i", "colour=red"), "this job type takes folder, email"),
    (("start", "survey", "-i", "folder=.", "-i", "email=nobody"), "ann@example.org"),
    (("start", "survey", "-i", "folder=.", "--id", "../x"), "'../x'"),
    (("start", "survey", "-i", "folder=.", "--agent", "/etc"), "'/etc'"),
    (("start", "survey", "-i", "folder=.", "--steps", "0"), "--steps"),
    (("start", "general"), '--goal "what is to be done"'),
    (("start", "general", "--goal", "tidy up"), "set LONGHAUL_MODEL to anthropic:NAME or openai:NAME"),
    (("start", "general", "--goal", "tidy up", "-i", "folder=."), "this job type takes no inputs"),
    (("show", "nothing-of-the-kind"), "nothing-of-the-kind"),
    (("show",), "longhaul show --help"),
    (("list", "--nonsense"), "longhaul list --help"),
    (("nonsense",), "longhaul --help"),
    (("answer", "job", "not-a-number", "text"), "longhaul answer --help"),
    (("demo", "--folder", "/nowhere"), "/nowhere"),
]


@pytest.mark.parametrize(
    ("words", "says"), REFUSED, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
async def test_bad_input_gets_a_clear_error(words: tuple[str, ...], says: str, longhaul: Terminal) -> None:
    said = await longhaul(*words)
    assert (said.code, said.out) == (2, "")
    assert says in said.err


async def test_an_unreachable_stack_says_what_to_do(longhaul: Terminal) -> None:
    gone = await longhaul("list", LONGHAUL_POSTGRES_DSN="postgresql://u:secret@127.0.0.1:1/x")
    assert gone.code == 5
    assert "longhaul up" in gone.err
    assert "secret" not in gone.err
    unset = await longhaul("list", LONGHAUL_POSTGRES_DSN="")
    assert unset.code == 5
    lost = await longhaul("start", "survey", "-i", "folder=.", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert lost.code == 5


async def test_a_mistyped_variable_is_named_with_the_nearest(longhaul: Terminal) -> None:
    said = await longhaul("list", LONGHAUL_POSTGRES_DNS="x")
    assert said.code == 2
    assert "LONGHAUL_POSTGRES_DSN" in said.err


async def test_untrusted_text_cannot_steer_the_terminal(longhaul: Terminal, folder: Path, unique: str) -> None:
    goal = "survey\x1b[2J\x07 it"
    said = await longhaul("start", "survey", "-i", f"folder={folder}", "--id", unique, "--goal", goal)
    assert said.code == 0
    async with running(longhaul.settings):
        assert (await longhaul("result", unique, "--wait", "30")).code in (0, 4)
    for words in (("list",), ("show", unique), ("timeline", unique), ("todo", "show", "default")):
        shown = await longhaul(*words)
        assert "\x1b" not in shown.out
        assert "\x07" not in shown.out


def test_the_overview_names_every_command() -> None:
    for name in (name for names in COMMANDS.values() for name in names):
        assert f" {name}" in OVERVIEW, name
    for group, names in GROUPS.items():
        assert all(f"{group} {name}" in OVERVIEW for name in names)
