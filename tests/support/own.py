"""A service of a test's own: started for it alone, so that the test may kill it, and destroy or replace its data."""

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from chaos.campaign.arena import kill_whole
from settings import Settings
from stack import local
from stack.endpoints import Endpoints
from stack.places import find_places
from stack.records import read_record

FOLDERS: dict[local.ServiceName, str] = {"postgres": "postgres", "redis": "valkey"}


def _silent(_: str) -> None:
    """Tests print nothing."""


class Own:
    """One service; `up` again after `kill` or `stop` it is on the port it had."""

    def __init__(self, name: local.ServiceName) -> None:
        self.name = name
        self.root = Path(tempfile.mkdtemp(prefix="longhaul-own-", dir="/var/tmp"))
        self.root.chmod(0o755)
        self.settings = Settings(home=self.root / "home")

    @property
    def data(self) -> Path:
        """The directory of its data; touch it only while the service is down."""
        return find_places(self.settings.home).data / FOLDERS[self.name]

    def up(self) -> Endpoints:
        return local.start_one(self.settings, self.name, _silent)

    def stop(self) -> None:
        """Ended in order."""
        local.stop_one(self.settings, self.name, _silent)

    def kill(self) -> None:
        """SIGKILL of the server and all of its processes at once."""
        record = read_record(self.settings.home, self.name)
        assert record is not None
        kill_whole(record.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        local.down(self.settings, _silent)
        shutil.rmtree(self.root)
