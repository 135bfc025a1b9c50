"""Named crash points: where a test lets a worker die or stand still, once.

`before_call  after_call  before_effect  after_effect  after_outcome` of `act`; `before_decision  after_decision`;
`before_compaction`, once its summaries are there; `before_rename  after_rename` of each file that is replaced.
A file `<point>.kill` or `<point>.stop` in the folder makes the first process that reaches the point take the file away
and send itself SIGKILL or SIGSTOP. Without a folder nothing is looked at.
"""

import os
import signal
from pathlib import Path

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class CrashPoints:
    """The crash points of one worker; `folder` is None outside of tests."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def __call__(self, point: str) -> None:
        if self.folder is None:
            return
        for how, number in SIGNALS.items():
            armed = self.folder / f"{point}.{how}"
            try:
                armed.rename(armed.with_suffix(f".{how}.{os.getpid()}"))
            except FileNotFoundError:
                continue
            os.kill(os.getpid(), number)
