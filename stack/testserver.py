"""Temporal's time-skipping test server, in which a month of sleep takes a second.

The Python SDK downloads it; where that address cannot be reached, Maven has the same server as jars, and a shell script
in our cache stands in for the executable (the SDK starts it with one argument, the port).
"""

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from settings import Settings
from stack.binaries import cache
from stack.errors import BinaryMissing
from stack.files import told_plainly
from stack.lock import locked
from stack.places import Say

VERSION = "1.32.0"
DOWNLOAD_HOST = ("temporal.download", 443)
MAVEN_SECONDS = 600
POM = f"""\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>longhaul</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>{VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""


def find_test_server(settings: Settings, say: Say) -> Path | None:
    """What to give as `test_server_existing_path`; None lets the SDK download it; raises `BinaryMissing`."""
    if settings.test_server:
        if not os.access(settings.test_server, os.X_OK) or settings.test_server.is_dir():
            raise BinaryMissing(f"LONGHAUL_TEST_SERVER is {settings.test_server}, which is not an executable file")
        return settings.test_server.absolute()
    script = cache() / f"test-server-{VERSION}" / "test-server"
    if script.exists():
        return script
    if _download_is_reachable():
        return None
    with told_plainly(cache()):
        cache().mkdir(parents=True, exist_ok=True)
        with locked(cache() / "lock", say):
            if not script.exists():
                _fetch(script.parent, say)
    return script


def _download_is_reachable() -> bool:
    try:
        socket.create_connection(DOWNLOAD_HOST, timeout=2).close()
    except OSError:
        return False
    return True


def _fetch(target: Path, say: Say) -> None:
    missing = [program for program in ("mvn", "java") if not shutil.which(program)]
    if missing:
        raise BinaryMissing(
            f"the time-skipping test server cannot be downloaded from here, and for Maven's {' and '.join(missing)} is "
            "missing; install that, or set LONGHAUL_TEST_SERVER"
        )
    say(f"time-skipping test server {VERSION}: fetching it by Maven (33 MB)")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        _copy_jars(Path(folder))
        _write_script(Path(folder) / "test-server", target / "jars")
        Path(folder).rename(target)
        Path(folder).mkdir()  # what the context removes
    target.chmod(0o755)


def _copy_jars(folder: Path) -> None:
    (folder / "pom.xml").write_text(POM)
    argv = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder / 'jars'}"]
    try:
        done = subprocess.run(
            argv,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=MAVEN_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise BinaryMissing(f"the time-skipping test server: Maven gave nothing in {MAVEN_SECONDS} s") from None
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise BinaryMissing(f"the time-skipping test server; Maven says:\n{last}")


def _write_script(script: Path, jars: Path) -> None:
    classes, log = shlex.quote(f"{jars}/*"), shlex.quote(f"{jars.parent}/log")
    script.write_text(f'#!/bin/sh\nexec java -cp {classes} io.temporal.testserver.TestServer "$@" 2>>{log}\n')
    script.chmod(0o755)
