"""`longhaul … | head` ends quietly."""

import subprocess
import sys

MANY = """
from starter.output import show
from starter.run import exit_code
raise SystemExit(exit_code(lambda: [show("x" * 1000) for _ in range(10_000)] and None))
"""


def test_a_reader_that_has_enough() -> None:
    with subprocess.Popen([sys.executable, "-c", MANY], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"x" * 1000 + b"\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 0
