"""What is right and wrong with this machine and its stack, and how to put it right. Changes nothing."""

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from settings import Settings, variable
from stack import local, ports
from stack.account import service_account
from stack.binaries import VERSION, cache, find_temporal
from stack.errors import StackError
from stack.places import SYSTEM_STATE
from stack.postgres import postgres_package
from stack.processes import is_suspended
from stack.valkey import valkey_binary

Verdict = Literal["ok", "warn", "bad"]
LOW_MB, FEW_MB = 2000, 300
LISTENERS = {"postgres": "postgres", "redis": "redis", "temporal": "temporal", "ui": "temporal"}


class Finding(BaseModel):
    """One line of `longhaul doctor`."""

    model_config = ConfigDict(frozen=True)

    what: str
    verdict: Verdict
    why: str
    fix: str | None = None


def doctor(settings: Settings) -> list[Finding]:
    """Every finding, in the order in which `up` would meet them."""
    findings = [_python(), _home(settings), _space(settings)]
    findings += [_postgres(settings), _valkey(settings), _temporal(settings)]
    findings += _services(settings)
    findings += _ports(settings)
    return findings


def _python() -> Finding:
    return Finding(what="Python", verdict="ok", why=f"{platform.python_version()}, {sys.executable}")


def _home(settings: Settings) -> Finding:
    home, there = settings.home, _existing(settings.home)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        fix = "set LONGHAUL_HOME to a directory that you can write"
        return Finding(what="home", verdict="bad", why=f"{home}: {there} cannot be written", fix=fix)
    account = service_account()
    if account and not account.can_enter(there):
        why = f"{home}, but user {account.name} cannot enter it: Postgres and Valkey keep their data in {SYSTEM_STATE}"
        return Finding(
            what="home", verdict="warn", why=why, fix=f"chmod a+x its parents, or use a home outside of {there}"
        )
    return Finding(what="home", verdict="ok", why=f"{home}" + (f", services run as {account.name}" if account else ""))


def _space(settings: Settings) -> Finding:
    there = _existing(settings.home)
    free = shutil.disk_usage(there).free // 2**20
    verdict: Verdict = "bad" if free < FEW_MB else "warn" if free < LOW_MB else "ok"
    fix = None if verdict == "ok" else "free some space, or set LONGHAUL_HOME to a directory on another disk"
    return Finding(what="disk", verdict=verdict, why=f"{free} MB free at {there}", fix=fix)


def _existing(path: Path) -> Path:
    return next(parent for parent in (path, *path.parents) if parent.exists())


def _postgres(settings: Settings) -> Finding:
    if settings.is_external("postgres_dsn") and settings.postgres_dsn:
        return _reached("Postgres", settings.postgres_dsn.get_secret_value(), 5432, "LONGHAUL_POSTGRES_DSN")
    return _program("Postgres", lambda: postgres_package() / "bin" / "postgres")


def _valkey(settings: Settings) -> Finding:
    if settings.is_external("redis_url") and settings.redis_url:
        return _reached("Redis", settings.redis_url.get_secret_value(), 6379, "LONGHAUL_REDIS_URL")
    return _program("Valkey", valkey_binary)


def _program(what: str, find: Callable[[], Path]) -> Finding:
    try:
        path = find()
        version = _version(path)
    except (StackError, OSError, subprocess.SubprocessError) as error:
        return Finding(what=what, verdict="bad", why=str(error), fix="make setup (or pip install longhaul again)")
    return Finding(what=what, verdict="ok", why=f"{version}, {path}")


def _version(program: Path) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.strip().splitlines()[0]


def _temporal(settings: Settings) -> Finding:
    if settings.temporal_is_elsewhere:
        if not settings.temporal_address:
            return Finding(what="Temporal", verdict="ok", why="the server that the profile in temporal.toml names")
        return _reached("Temporal", f"grpc://{settings.temporal_address}", 7233, "TEMPORAL_ADDRESS")
    try:
        found = find_temporal(settings)
        if found:
            return Finding(what="Temporal", verdict="ok", why=f"{_version(found.path)}, {found.path} ({found.why})")
    except (StackError, OSError, subprocess.SubprocessError) as error:
        fix = "unset LONGHAUL_TEMPORAL_BIN, or set it to a `temporal` that runs"
        return Finding(what="Temporal", verdict="bad", why=str(error), fix=fix)
    return _temporal_to_fetch()


def _temporal_to_fetch() -> Finding:
    why = f"not on the PATH; the first `longhaul up` puts {VERSION} into {cache()}, by download or else by `go install`"
    if shutil.which("go"):
        return Finding(what="Temporal", verdict="warn", why=f"{why} (about 4 minutes)", fix="longhaul up")
    fix = "without a download: install Go, or `temporal` (https://docs.temporal.io/cli), or set TEMPORAL_ADDRESS"
    return Finding(what="Temporal", verdict="warn", why=f"{why}, but there is no `go`", fix=fix)


def _reached(what: str, url: str, port: int, name: str) -> Finding:
    """An external server, tried by a plain connection."""
    where = urlsplit(url)
    address = (where.hostname or "localhost", where.port or port)
    try:
        socket.create_connection(address, timeout=3).close()
    except OSError as error:
        why = f"{address[0]}:{address[1]} cannot be reached: {error}"
        return Finding(
            what=what, verdict="bad", why=why, fix=f"start it, or correct {name}, or unset it to use the local one"
        )
    return Finding(what=what, verdict="ok", why=f"external, {address[0]}:{address[1]} ({name})")


def _services(settings: Settings) -> Iterator[Finding]:
    for each in local.status(settings):
        what = f"{each.name} process"
        if each.state == "dead":
            yield Finding(what=what, verdict="bad", why=f"it died; see {each.log}", fix="longhaul up")
        elif each.pid and is_suspended(each.pid):
            yield Finding(what=what, verdict="bad", why=f"pid {each.pid} is suspended", fix=f"kill -CONT {each.pid}")
        elif each.state == "running":
            yield Finding(
                what=what, verdict="ok", why=f"pid {each.pid}" + (f", {each.address}" if each.address else "")
            )


def _ports(settings: Settings) -> Iterator[Finding]:
    """The ports that a service which does not run would like."""
    idle = {each.name for each in local.status(settings) if each.state in ("stopped", "dead")}
    for listener, service in LISTENERS.items():
        asked = ports.wish(settings, listener).asked
        port = asked or ports.DEFAULTS[listener]
        if service not in idle or ports.is_free(port):
            continue
        why = f"port {port} is used by {ports.holder(port)}"
        if asked:
            fix = f"end that, or unset {variable(f'{listener}_port')}"
            yield Finding(what=f"{listener} port", verdict="bad", why=why, fix=fix)
        else:
            yield Finding(
                what=f"{listener} port", verdict="warn", why=f"{why}; `longhaul up` will take a free one near it"
            )
