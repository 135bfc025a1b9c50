"""Temporal's dev server with its web UI, on SQLite: https://docs.temporal.io/cli/server"""

import http.client
import json
import os
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import ClassVar

from stack.binaries import obtain_temporal
from stack.ports import LOOPBACK
from stack.processes import Command, Patience
from stack.records import Record
from stack.service import Service, clean_environment

SEARCH_ATTRIBUTES = {
    "AgentId": "Keyword",
    "JobType": "Keyword",
    "JobStatus": "Keyword",
    "WaitingFor": "Keyword",
    "Revision": "Int",
    "StepsDone": "Int",
}
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL")
TUNED = {
    "history.transferProcessorMaxPollRPS": "2000",
    "history.timerProcessorMaxPollRPS": "2000",
    "history.visibilityProcessorMaxPollRPS": "2000",
}
"""At their default of 20 a second, a lone job needs 180 ms for two empty activities; at 2000, 30 ms."""


@dataclass(frozen=True)
class Temporal(Service):
    """`flags` are further ones of `temporal server start-dev`."""

    flags: tuple[str, ...] = ()

    name: ClassVar = "temporal"
    title: ClassVar = "Temporal"
    listeners: ClassVar = ("temporal", "ui")
    ways_to_end: ClassVar = (Patience(Signals.SIGTERM, 20),)

    @property
    def database(self) -> Path:
        return self.places.stack / "temporal" / "temporal.db"

    def is_ours(self, argv: list[str]) -> bool:
        return "start-dev" in argv and str(self.database) in argv

    @property
    def namespace(self) -> str:
        return os.environ.get("TEMPORAL_NAMESPACE") or "default"

    def endpoints(self, record: Record) -> dict[str, str]:
        ui = f"http://{LOOPBACK}:{record.ports['ui']}"
        return {"temporal_address": self.address(record), "ui_url": ui}

    def prepare(self) -> None:
        obtain_temporal(self.settings, self.say)
        self.database.parent.mkdir(mode=0o700, exist_ok=True)

    def command(self, chosen: dict[str, int]) -> Command:
        binary = obtain_temporal(self.settings, self.say)
        argv = [str(binary), "server", "start-dev", "--ip", LOOPBACK, "--port", str(chosen["temporal"])]
        argv += ["--ui-port", str(chosen["ui"]), "--db-filename", str(self.database), "--log-level", "error"]
        argv += [word for pragma in PRAGMAS for word in ("--sqlite-pragma", pragma)]
        argv += [word for name, value in TUNED.items() for word in ("--dynamic-config-value", f"{name}={value}")]
        argv += [word for name, kind in SEARCH_ATTRIBUTES.items() for word in ("--search-attribute", f"{name}={kind}")]
        argv += ["--namespace", self.namespace] if self.namespace != "default" else []
        return Command((*argv, *self.flags), self.log, Path("/"), clean_environment())

    def not_ready(self, chosen: dict[str, int]) -> str | None:
        """Asked through the web UI, so that both answer: the namespace is there, and knows our search attributes."""
        link = http.client.HTTPConnection(LOOPBACK, chosen["ui"], timeout=3)
        try:
            link.request("GET", f"/api/v1/namespaces/{self.namespace}/search-attributes")
            answer = link.getresponse()
            known = json.loads(answer.read()).get("customAttributes", {}) if answer.status == 200 else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            return str(error)
        finally:
            link.close()
        missing = SEARCH_ATTRIBUTES.keys() - known.keys()
        return f"namespace {self.namespace} lacks {', '.join(sorted(missing))}" if missing else None
