"""A tool's promise as a test of one line.

from tests.torture import torture

def test_invoices_are_created_once() -> None:
    torture("torture_invoicing.py")
"""

import os
import subprocess
import sys
from pathlib import Path


def torture(file: str | Path) -> None:
    """Fails, with the interleavings, unless every tool of the file keeps the promise of its effect.

    It is `longhaul torture`, in a process of its own: attempts that were killed stand still in it until it ends.
    """
    done = subprocess.run(
        [sys.executable, "-m", "starter", "torture", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, f"longhaul torture {file} ended with {done.returncode}\n{done.stdout}{done.stderr}"
