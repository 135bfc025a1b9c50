"""tests/topology.sh: services by address, workers by environment, a worker killed; its short form."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(180)
def test_a_survey_completes_although_a_worker_is_killed_and_nothing_is_left() -> None:
    done = subprocess.run(
        ["tests/topology.sh", "short"],
        cwd=ROOT,
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "completed: Surveyed" in done.stdout
    assert "verified: " in done.stdout
    assert "topology: the other worker finished the job; 1 mail was delivered" in done.stderr
    assert "topology: taken down (6 processes)" in done.stderr
    found = re.search(r"run under (\S+)", done.stderr)
    assert found is not None
    assert not Path(found[1]).exists()
    assert not [each.pid for each in psutil.process_iter(["cmdline"]) if found[1] in str(each.info["cmdline"])]
