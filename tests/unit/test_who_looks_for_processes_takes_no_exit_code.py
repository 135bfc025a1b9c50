"""`find` looks at all processes of the machine, our own children among them; who started those asks how they ended."""

import subprocess
import sys
import time

import psutil

from stack.processes import find


def test_a_child_that_has_ended_is_not_found_and_keeps_its_exit_code() -> None:
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as child:
        while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert child.pid not in find(lambda argv: True)
        assert child.wait() == 3
