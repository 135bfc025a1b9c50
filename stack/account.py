"""As whom the services run.

Postgres refuses to run as root, and nothing else should: under root, Postgres and Valkey run as `postgres`, or
`nobody`. Such an account cannot enter every directory (a home of mode 0700): each path is tried before it is used.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Account:
    """An account of this system that owns nothing else."""

    name: str
    uid: int
    gid: int

    def can_enter(self, directory: Path) -> bool:
        """Whether this account reaches the directory (parents, ACLs and mounts included)."""
        return self._runs("/bin/sh", "-c", 'test -x "$0"', str(directory))

    def can_run(self, program: Path) -> bool:
        """Whether this account can start the program."""
        return self._runs(str(program), "--version")

    def _runs(self, *argv: str) -> bool:
        try:
            done = subprocess.run(argv, cwd="/", capture_output=True, timeout=30, check=False, **drop_to(self))
        except OSError:
            return False
        return done.returncode == 0


def drop_to(account: Account | None) -> dict[str, Any]:
    """The arguments by which `subprocess` starts a program as this account; as ourselves for None."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def service_account() -> Account | None:
    """The account to drop to when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    return Account("65534", 65534, 65534)
