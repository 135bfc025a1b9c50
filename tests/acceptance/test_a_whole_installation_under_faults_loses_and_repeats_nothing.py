"""The smallest campaign, as its user runs it: faults of all kinds, no finding, and every missing safeguard noticed."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import psutil
import pytest

KINDS = 8


@pytest.mark.timeout(400)
async def test_a_smoke_is_green(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    words = ("-m", "starter", "chaos", "--profile", "smoke", "--seed", "20", "--into", str(folder), "-o", "json")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=pipe, stderr=pipe)
    out, progress = await process.communicate()
    assert out, progress.decode()
    said = json.loads(out)
    bad = {name: said[name] for name in ("why_invalid", "findings")}
    uncaught = [each["without"] for each in said["negative_controls"] if not each["detected"]]
    assert process.returncode == 0, (bad, uncaught, progress.decode())
    assert said["green"]
    assert sum(kind["fired"] > 0 for kind in said["kinds"]) >= KINDS
    assert said["recovery_success"]["hit"] == said["recovery_success"]["of"] > 0
    assert (folder / "plan.json").exists()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_one_that_is_ended_leaves_nothing_running(number: signal.Signals, tmp_path: Path) -> None:
    words = ("-m", "starter", "chaos", "--profile", "smoke", "--into", str(tmp_path / "campaign"))
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    while b"are up" not in (line := await process.stderr.readline()):
        assert line, "it ended before its services were up"
    servers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    await process.communicate()
    assert process.returncode == 130
    assert len(servers) >= 3
    assert not [each for each in servers if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


async def test_what_is_no_plan_is_refused(tmp_path: Path) -> None:
    nonsense, full = tmp_path / "plan.json", tmp_path / "full"
    nonsense.write_text('{"seed": "x"}')
    full.mkdir()
    (full / "kept").touch()
    for words, why in (
        (("--plan", str(nonsense)), "is no plan of a campaign: seed"),
        (("--plan", str(tmp_path / "away.json")), "name the plan.json of a campaign"),
        (("--seed", "-1"), "a seed is a whole number"),
        (("--hours", "0"), "right is more than 0"),
        (("--into", str(full)), "is not empty"),
    ):
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "starter", "chaos", *words, stderr=pipe)
        _, said = await process.communicate()
        assert (process.returncode, why in said.decode()) == (2, True), said.decode()
