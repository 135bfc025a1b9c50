"""An agent's memory as a git repository: one commit a version, so that the tools of developers show its history."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain import memory_file
from domain.errors import Refused
from domain.memory import AgentState
from starter.memory_story import tell, who
from starter.output import line
from stores.memory import Change

BRANCH = "refs/heads/main"
NO_MAIL = "longhaul@localhost"


def write(folder: Path, agent: str, changes: Sequence[Change]) -> None:
    """Makes the repository in a folder that is not there yet, or empty. Raises `Refused`."""
    git = shutil.which("git")
    if git is None:
        raise Refused("git is not installed here; without --git the newest version is exported as a file")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder} is there already and not empty; choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    _run(git, folder, "init", "--quiet", "--template=")
    _run(git, folder, "symbolic-ref", "HEAD", BRANCH)
    _run(git, folder, "fast-import", "--quiet", given=b"".join(_commits(agent, changes)))
    _run(git, folder, "checkout", "--quiet", "--force", "main")


def _commits(agent: str, changes: Sequence[Change]) -> Iterator[bytes]:
    """The stream that `git fast-import` reads: https://git-scm.com/docs/git-fast-import."""
    state = AgentState(agent=agent)
    for change in changes:
        state = state.apply(change.event)
        name = line(who(change.event), 80).translate({ord(sign): " " for sign in "<>"}).strip() or "somebody"
        message = f"version {change.version}: {tell(change.event, change.version)}\n"
        yield f"commit {BRANCH}\n".encode()
        yield f"committer {name} <{NO_MAIL}> {int(change.at.timestamp())} +0000\n".encode()
        yield _data(message)
        yield f"M 100644 inline {memory_file.NAME}\n".encode()
        yield _data(memory_file.render(agent, state.version, state.entries))


def _data(text: str) -> bytes:
    encoded = text.encode()
    return b"data %d\n%b\n" % (len(encoded), encoded)


def _run(git: str, folder: Path, *words: str, given: bytes | None = None) -> None:
    command = [git, "-c", "core.hooksPath=/dev/null", *words]
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, check=False)  # noqa: S603 - our words
    if done.returncode:
        raise Refused(f"git {words[0]} failed: {line(done.stderr.decode(errors='replace'), 300)}")
