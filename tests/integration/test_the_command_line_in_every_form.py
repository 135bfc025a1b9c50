"""Every command in every form: data on stdout, the rest on stderr, exit codes as promised, never a traceback."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from domain.events import JobFailed, JobOpened, JobRequested
from domain.head import Head
from settings import Settings
from starter.app import COMMANDS, GROUPS
from starter.client import Longhaul
from starter.demo.sink import Sink
from stores.jobs import Jobs
from stores.postgres import Pool
from tests.conftest import until
from tests.integration.test_the_command_line import Terminal
from tests.support.forked import Said
from worker import running

ALL = [(name,) for names in COMMANDS.values() for name in names] + [
    (group, name) for group, names in GROUPS.items() for name in names
]
ABOUT_A_JOB = {
    "show": (),
    "watch": (),
    "result": (),
    "timeline": (),
    "verify": (),
    "tell": ("in blue",),
    "answer": ("1", "yes"),
    "approve": ("1",),
    "reject": ("1",),
    "pause": (),
    "resume": (),
    "cancel": (),
}
STEERING = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp.exe\x08\x00"


@pytest.fixture
def cli(settings: Settings) -> Terminal:
    return Terminal(settings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text("x = 1  # TODO: name it\n")
    (project / "README.md").write_text("# Project\n")
    return project


async def _queued(pool: Pool, job: str, **fields: Any) -> None:
    """A job that no worker takes up."""
    said = {"job": job, "agent": job, "job_type": "survey", "goal": "see", "requested_by": "ann", **fields}
    asked = JobRequested.model_validate(said)
    await Jobs(pool).append(job, Head(), lambda standing: [asked])


async def _asked(cli: Terminal, job: str, kind: str) -> dict[str, Any]:
    """What the job waits for, once it waits for that."""
    view: dict[str, Any] = {}

    async def asks() -> bool:
        view.update((await cli("show", job, "-o", "json")).json())
        return [each["kind"] for each in view["waiting_for"]] == [kind] and view["status"] == "waiting"

    await until(asks, 40)
    request: dict[str, Any] = view["waiting_for"][0]
    return request


def _is_well_formed(words: tuple[str, ...], form: str, said: Said) -> None:
    """One JSON value, or one a line; what is watched comes line by line in either form."""
    assert said.out, words
    if form == "text":
        assert "next:" in said.err, (words, said.err)
    if form == "json" and words[0] != "watch":
        json.loads(said.out)
    elif form != "text":
        assert all(isinstance(json.loads(line), dict) for line in said.out.splitlines()), words


async def test_a_job_that_waits_is_told_of_in_every_form(cli: Terminal, folder: Path, unique: str) -> None:
    start = ("start", "survey", "-i", f"folder={folder}", "-i", "email=a@b.org", "--id", unique, "--agent", unique)
    async with running(cli.settings):
        assert (await cli(*start, "-o", "json")).json() == {"job": unique, "agent": unique, "new": True}
        assert (await _asked(cli, unique, "approval"))["default"]
        again = await cli(*start, "-o", "jsonl")
        assert again.json() == {"job": unique, "agent": unique, "new": False}
        other = await cli(*start[:3], "folder=/tmp", *start[4:])
        assert (other.code, other.out) == (2, "")
        assert "exists with another request" in other.err
    commands: list[tuple[tuple[str, ...], int]] = [
        (("list",), 0),
        (("list", "--waiting"), 0),
        (("list", "--status", "waiting", "--agent", unique), 0),
        (("show", unique), 0),
        (("timeline", unique), 0),
        (("verify", unique), 0),
        (("watch", unique), 3),
        (("result", unique), 3),
        (("result", unique, "--wait", "1"), 3),
        (("memory", "show", unique), 0),
        (("todo", "show", unique), 0),
        (("rebuild", "--check"), 0),
    ]
    for form in ("text", "json", "jsonl"):
        said = await asyncio.gather(*(cli(*words, "-o", form) for words, _ in commands))
        for (words, code), each in zip(commands, said, strict=True):
            assert each.code == code, (words, form, each)
            _is_well_formed(words, form, each)


async def test_a_question_is_answered_and_a_mail_approved(settings: Settings, folder: Path, unique: str) -> None:
    with Sink() as sink:
        settings = settings.model_copy(update={"mail_url": SecretStr(sink.url)})
        cli = Terminal(settings)
        async with running(settings):
            inputs = ("-i", f"folder={folder}", "-i", "email=a@b.org")
            await cli("start", "survey", *inputs, "--id", unique, "--agent", unique)
            await _asked(cli, unique, "approval")
            told = (await cli("tell", unique, "make it nicer", "--by", "bob", "-o", "json")).json()
            assert told["job"] == unique
            assert (told["recorded"]["type"], told["recorded"]["revision"]) == ("RequirementChanged", 2)
            question = await _asked(cli, unique, "question")
            assert {"id", "kind", "about", "deadline", "default"} <= question.keys()
            assert "make it nicer" in question["about"]
            answered = await cli("answer", unique, str(question["id"]), "set title=Nice")
            assert (answered.code, answered.out.startswith("recorded: ")) == (0, True)
            approval = await _asked(cli, unique, "approval")
            wrong = await cli("approve", unique, str(approval["id"]), "--args-hash", "0" * 64)
            assert wrong.code == 2
            assert "changed since they were shown" in wrong.err
            hashed = ("--args-hash", approval["args_hash"])
            assert (await cli("approve", unique, str(approval["id"]), *hashed, "--why", "fine")).code == 0
            result = await cli("result", unique, "--wait", "30", "-o", "json")
            assert (result.code, result.json()["status"]) == (0, "completed")
            twice = await cli("approve", unique, str(approval["id"]))
            assert twice.code == 2
    assert len(sink.mails) == 1


async def test_what_no_worker_hears_is_accepted_and_recorded_later(
    cli: Terminal, folder: Path, pool: Pool, unique: str
) -> None:
    async with running(cli.settings):
        inputs = ("-i", f"folder={folder}", "-i", "email=a@b.org")
        await cli("start", "survey", *inputs, "--id", unique, "--agent", unique)
        await _asked(cli, unique, "approval")
    said = await cli("tell", unique, "ignore *.md")
    assert (said.code, said.out) == (0, "accepted, not yet recorded: it waits in Temporal until a worker takes it\n")
    async with running(cli.settings):

        async def recorded() -> bool:
            return (await Jobs(pool).find(unique, Head())).state.revision == 2

        await until(recorded, 40)
    state = (await Jobs(pool).find(unique, Head())).state
    assert [each.text for each in state.requirements] == ["ignore *.md"]


@pytest.mark.parametrize("command", ABOUT_A_JOB)
async def test_an_unknown_job_names_the_nearest(command: str, cli: Terminal, pool: Pool, unique: str) -> None:
    await _queued(pool, f"survey-{unique}")
    said = await cli(command, f"survey-{unique}x", *ABOUT_A_JOB[command])
    assert (said.code, said.out) == (2, "")
    assert f"the nearest are survey-{unique}" in said.err


async def test_a_job_that_failed_and_one_that_goes_on_have_their_exit_codes(
    cli: Terminal, pool: Pool, owners_pool: Pool, unique: str
) -> None:
    await _queued(pool, unique)
    assert (await cli("result", unique)).code == 0
    late = await cli("result", unique, "--wait", "0.5", "-o", "json")
    assert (late.code, late.json()["status"]) == (4, "pending")
    await Jobs(pool).append(unique, Head(), lambda standing: [JobOpened(at=1.0), JobFailed(why="no such folder")])
    failed = await cli("result", unique)
    assert (failed.code, failed.out) == (1, "failed: no such folder\n")
    assert (await cli("watch", unique)).code == 1
    tampered = "update agent_events set event_data = event_data || '{\"at\": 2}' where version = 2"
    async with owners_pool.connection() as connection:
        await connection.execute(tampered)
        await connection.execute("update agent_tasks set goal = 'another'")
    broken = await cli("verify", unique)
    assert (broken.code, broken.out) == (2, "")
    assert "at version 2" in broken.err
    assert (await cli("rebuild", "--check")).code == 1
    assert (await cli("rebuild")).code == 0
    assert (await cli("rebuild", "--check")).code == 0


async def test_ctrl_c_detaches_and_never_cancels(cli: Terminal, pool: Pool, unique: str) -> None:
    await _queued(pool, unique)
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "starter", "watch", unique),
        env=cli.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )
    assert watching.stdout is not None
    assert b"requested by ann" in await watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(watching.communicate(), 20)
    assert watching.returncode == 130
    assert b"Traceback" not in out + err
    assert b"detached" in err
    assert (await Jobs(pool).find(unique, Head())).state.end is None


@pytest.mark.parametrize("words", ALL, ids=" ".join)
async def test_every_command_explains_itself(words: tuple[str, ...], cli: Terminal) -> None:
    helped = await cli(*words, "--help")
    assert helped.code == 0
    assert " ".join(words) in helped.out
    unknown = await cli(*words, "--nonsense")
    assert (unknown.code, unknown.out) == (2, "")
    assert "nonsense" in unknown.err


async def test_the_overview_is_there_at_once(cli: Terminal) -> None:
    best = 9.0
    for _ in range(5):
        began = time.monotonic()
        said = await cli("--help")
        best = min(best, time.monotonic() - began)
        assert said.code == 0
        assert all(f" {words[0]}" in said.out for words in ALL)
    assert best < 0.3
    assert (await cli()).out == said.out


WRONG = [
    ("show",),
    ("tell", "job"),
    ("answer", "job", "1"),
    ("approve", "job", "one"),
    ("list", "-o", "xml"),
    ("list", "--limit", "many"),
    ("start",),
    ("start", "survey", "-i", "folder=.", "--priority", "1000"),
    ("start", "survey", "-i", "folder=.", "--days", "0"),
    ("start", "survey", "-i", "folder=.", "--cost", "-1"),
    ("start", "survey", "-i", "folder=.", "-i", "folder=."),
    ("start", "survey", "-i", "folder=.", "--id", "A B"),
    ("start", "survey", "-i", "folder=.", "--id", "x" * 64),
    ("start", "survey", "-i", "folder=.", "--by", "a\nb"),
    ("memory", "forget", "everything"),
    ("list", "--status", "nonsense"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
async def test_what_is_wrong_is_refused_in_a_sentence(words: tuple[str, ...], cli: Terminal) -> None:
    said = await cli(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.strip()


async def test_a_stack_that_is_away_is_said_by_every_command_that_needs_it(cli: Terminal) -> None:
    gone = {"LONGHAUL_POSTGRES_DSN": "postgresql://u:secret@127.0.0.1:1/x"}
    words = [(name, "job", *more) for name, more in ABOUT_A_JOB.items() if name in ("show", "timeline", "result")]
    words += [("list",), ("memory", "show", "a"), ("todo", "show", "a"), ("rebuild",)]
    for said in await asyncio.gather(*(cli(*each, **gone) for each in words)):
        assert (said.code, said.out) == (5, ""), said
        assert "longhaul up" in said.err
        assert "secret" not in said.err


async def test_temporal_that_is_away_is_said_when_something_is_to_be_told(
    cli: Terminal, pool: Pool, unique: str
) -> None:
    await _queued(pool, unique)
    for name in ("tell", "approve", "cancel"):
        said = await cli(name, unique, *ABOUT_A_JOB[name], TEMPORAL_ADDRESS="127.0.0.1:1")
        assert (said.code, said.out) == (5, ""), said
        assert "Temporal at 127.0.0.1:1" in said.err
    assert (await cli("show", unique, TEMPORAL_ADDRESS="127.0.0.1:1")).code == 0


async def test_without_redis_a_job_is_watched_all_the_same(cli: Terminal, pool: Pool, unique: str) -> None:
    await _queued(pool, unique)
    await Jobs(pool).append(unique, Head(), lambda standing: [JobOpened(at=1.0), JobFailed(why="over")])
    said = await cli("watch", unique, LONGHAUL_REDIS_URL="redis://127.0.0.1:1/0")
    assert said.code == 1
    assert "failed: over" in said.out


async def test_nothing_that_others_wrote_steers_the_terminal(cli: Terminal, pool: Pool, unique: str) -> None:
    """A goal, an input, a result: as they would come from a model or a mail."""
    steering = STEERING.replace("\x00", "")
    await _queued(pool, unique, goal=f"see {steering}", inputs={"folder": steering})
    failed = JobFailed(why=f"boom {steering}")
    await Jobs(pool).append(unique, Head(), lambda standing: [JobOpened(at=1.0), failed])
    commands = [
        ("list",),
        ("show", unique),
        ("timeline", unique),
        ("watch", unique),
        ("result", unique),
        ("todo", "show", unique),
        ("memory", "show", unique),
    ]
    forms = [(*words, "-o", form) for words in commands for form in ("text", "json", "jsonl")]
    for words, said in zip(forms, await asyncio.gather(*(cli(*each) for each in forms)), strict=True):
        for character in "\x1b\x07\x9b\u202e\x08":
            assert character not in said.out + said.err, (words, character)


async def test_json_gives_back_what_was_written(cli: Terminal, pool: Pool, unique: str) -> None:
    goal = 'naïve 日本 "quoted" \\ \U0001f355'
    await _queued(pool, unique, goal=goal)
    assert (await cli("show", unique, "-o", "json")).json()["goal"] == goal


async def test_the_client_says_a_thing_once_however_often_it_is_asked(
    settings: Settings, folder: Path, unique: str
) -> None:
    """A caller that brings its message id may ask again: it is told of the same event."""
    cli = Terminal(settings)
    async with running(settings), Longhaul.connect(settings) as longhaul:
        inputs = ("-i", f"folder={folder}", "-i", "email=a@b.org")
        await cli("start", "survey", *inputs, "--id", unique, "--agent", unique)
        await _asked(cli, unique, "approval")
        message = {"by": "ann", "text": "ignore *.md", "message_id": "once"}
        told = [await longhaul.say(unique, "tell", message) for _ in range(2)]
        assert told[0] == told[1]
        assert (await longhaul.state(unique)).revision == 2


def test_no_colour_comes_out_of_a_pipe(cli: Terminal) -> None:
    command = [sys.executable, "-m", "starter", "list"]
    environment = {**cli.environment(), "TERM": "xterm-256color"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout + done.stderr
