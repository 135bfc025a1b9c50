"""Where the `temporal` executable comes from.

`LONGHAUL_TEMPORAL_BIN`, else `temporal` on the PATH, else a cache that is filled once: by the Python SDK's own
download, or, where that address cannot be reached, by `go install` (which refuses 1.6 and later: `replace` in go.mod).
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from settings import Settings
from stack.errors import BinaryMissing
from stack.files import told_plainly
from stack.lock import locked
from stack.places import Say

VERSION = "1.5.1"
MODULE = f"github.com/temporalio/cli/cmd/temporal@v{VERSION}"
DOWNLOAD_SECONDS = 120
BUILD_SECONDS = 30 * 60
DOWNLOAD = """
import asyncio, sys
from temporalio.testing import WorkflowEnvironment
async def fetch() -> None:
    await (await WorkflowEnvironment.start_local(download_dest_dir=sys.argv[1])).shutdown()
asyncio.run(fetch())
"""
"""The SDK can only fetch by starting; in a process of its own it can be given up when the network hangs."""


@dataclass(frozen=True)
class Found:
    """An executable, and why it is the one."""

    path: Path
    why: str


def cache() -> Path:
    """Our directory in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "longhaul"


def find_temporal(settings: Settings) -> Found | None:
    """The executable that would be used now; None when it has to be fetched."""
    if settings.temporal_bin:
        if not os.access(settings.temporal_bin, os.X_OK) or settings.temporal_bin.is_dir():
            raise BinaryMissing(f"LONGHAUL_TEMPORAL_BIN is {settings.temporal_bin}, which is not an executable file")
        return Found(settings.temporal_bin.absolute(), "LONGHAUL_TEMPORAL_BIN")
    if on_path := shutil.which("temporal"):
        return Found(Path(on_path).absolute(), "on the PATH")
    cached = _cached()
    return Found(cached, "in the cache") if cached.exists() else None


def obtain_temporal(settings: Settings, say: Say) -> Path:
    """The executable, fetched if need be; raises `BinaryMissing`."""
    if found := find_temporal(settings):
        return found.path
    target = _cached()
    with told_plainly(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target.parent / "lock", say):
            if not target.exists():
                _fetch(target, say)
    return target


def _cached() -> Path:
    return cache() / f"temporal-{VERSION}"


def _fetch(target: Path, say: Say) -> None:
    reasons = []
    for way in (_download, _build):
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            why_not = way(Path(folder), say)
            fetched = next((path for path in Path(folder).iterdir() if os.access(path, os.X_OK)), None)
            if why_not is None and fetched:
                fetched.replace(target)
                say(f"Temporal server: got it in {time.monotonic() - begin:.0f} s, kept in {target}")
                return
        reasons.append(why_not or "nothing came")
    raise BinaryMissing(
        f"`temporal` is not on the PATH, and could not be fetched ({'; '.join(reasons)}); "
        "install it (https://docs.temporal.io/cli), or set LONGHAUL_TEMPORAL_BIN or TEMPORAL_ADDRESS"
    )


def _download(folder: Path, say: Say) -> str | None:
    say("Temporal server: not on the PATH, downloading it (about 1 minute)")
    argv = [sys.executable, "-c", DOWNLOAD, str(folder)]
    return _why_not("temporal.download", argv, DOWNLOAD_SECONDS, dict(os.environ))


def _build(folder: Path, say: Say) -> str | None:
    if not shutil.which("go"):
        return "`go` is not installed to build it"
    say(f"Temporal server: no download from here, building {MODULE} with `go install` (about 4 minutes, once)")
    argv = ["go", "install", "-ldflags=-s -w", MODULE]
    return _why_not("go install", argv, BUILD_SECONDS, {**os.environ, "GOBIN": str(folder)})


def _why_not(what: str, argv: list[str], seconds: float, env: dict[str, str]) -> str | None:
    try:
        done = subprocess.run(
            argv,
            cwd="/",
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{what}: nothing after {seconds:.0f} s"
    last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return f"{what}: {last[-200:]}" if done.returncode > 0 else None
