"""Pages of reports as files. One is replaced as a whole: whoever opens it finds the old page or the new one."""

import os
import re
import stat
from datetime import date
from pathlib import Path

from domain.errors import Refused
from stores.workspace import DIRECTORY, Workspace, temporary

FOLDER = "reports"
OF_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.html")


class DailyPages:
    """The pages of days, in `reports/` of a home; the newest `kept` of them stay."""

    def __init__(self, home: Path, kept: int) -> None:
        self.home = Workspace(home)
        self.kept = kept

    def keep(self, day: date, page: str) -> Path:
        """Writes the page of a day, in place of the one that was there; returns where. Raises `Refused`, `OSError`."""
        name = f"{day.isoformat()}.html"
        self.home.replace(FOLDER, name, page.encode())
        pages = sorted(filter(OF_A_DAY.fullmatch, self.home.listing(FOLDER)))
        for old in pages[: max(0, len(pages) - self.kept)]:
            self.home.remove(FOLDER, old)
        return self.home.root / FOLDER / name


def checked(path: Path) -> Path:
    """Where a page can be written, symbolic links followed. Raises `Refused`."""
    found = path.expanduser().resolve()
    if not found.parent.is_dir():
        raise Refused(f"{path}: there is no directory {found.parent}; make it first")
    if found.exists() and not stat.S_ISREG(found.stat().st_mode):
        raise Refused(f"{path} is no plain file; name one, such as report.html")
    return found


def write(path: Path, page: str) -> None:
    """Writes a page to the file, in place of what was there. Raises `Refused`."""
    try:
        directory = os.open(path.parent, DIRECTORY)
        try:
            with temporary(directory, page.encode()) as new:
                os.rename(new, path.name, src_dir_fd=directory, dst_dir_fd=directory)
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise Refused(f"{path} was not written: {error.strerror}") from error
