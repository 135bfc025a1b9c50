"""`python -m chaos.campaign.world FOLDER`: the world of a campaign, as a process of its own that is never harmed.

    POST /effects   a tool's target: it does what it is asked, and answers as the plan says
    GET  /effects   whether a key was taken
    POST /model     the model: it notes what it was told, and answers by the script, or as the plan says

FOLDER has `plan.json`; `witness.jsonl`, `prompts.jsonl` and `answers.jsonl` (what went wrong on purpose) are written
there. The first line on stdout is the port.
"""

import json
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from chaos.campaign.plan import JobPlan, Plan
from chaos.campaign.script import WORDS, View, answer
from chaos.campaign.witness import Witness

BY_KEY = ("post", "pay")
"""The tools whose target honours keys."""
TOO_LATE_SECONDS = 1.3
"""Longer than a client waits."""


class Mind:
    """What the world remembers: how often it was asked for what."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.jobs = {job.job: job for job in plan.jobs}
        self.witness = Witness(folder / "witness.jsonl")
        self._prompts = (folder / "prompts.jsonl").open("a", encoding="utf-8")
        self._answers = (folder / "answers.jsonl").open("a", encoding="utf-8")
        self._asked = Counter[tuple[str, str]]()
        self._lock = threading.Lock()

    def planned_for_tool(self, job: str, item: str) -> str:
        """How the target answers this request; nothing if it answers well."""
        planned = self._plan(job).tools.get(item, ())
        number = self._count(job, item)
        return planned[number] if number < len(planned) else ""

    def planned_for_model(self, job: str) -> str:
        """How the model answers this request; nothing if it answers well."""
        return self._plan(job).model.get(self._count(job, "") + 1, "")

    def note_prompt(self, job: str, version: int, prompt: str) -> None:
        """Which words the model was told, of a job at that version."""
        words = sorted(set(WORDS.findall(prompt)))
        self._note(self._prompts, {"job": job, "version": version, "words": words, "length": len(prompt)})

    def note_answer(self, job: str, what: str, how: str) -> None:
        """That something went wrong on purpose."""
        self._note(self._answers, {"at": time.time(), "job": job, "what": what, "how": how})

    def _plan(self, job: str) -> JobPlan:
        return self.jobs.get(job) or JobPlan(job=job, agent=job, items=())

    def _count(self, job: str, item: str) -> int:
        with self._lock:
            self._asked[job, item] += 1
            return self._asked[job, item] - 1

    def _note(self, file: Any, line: dict[str, object]) -> None:
        with self._lock:
            file.write(json.dumps(line) + "\n")
            file.flush()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    mind: ClassVar[Mind]

    def do_GET(self) -> None:
        key = parse_qs(urlsplit(self.path).query)["key"][0]
        self._answer(200, {"known": self.mind.witness.knows(key)})

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        match self.path:
            case "/effects":
                self._effect(said)
            case _:
                self._model(said)

    def _effect(self, said: dict[str, Any]) -> None:
        how = self.mind.planned_for_tool(said["job"], said["item"])
        if how:
            self.mind.note_answer(said["job"], said["tool"], how)
        if how in ("429", "500"):
            return self._answer(int(how), {})
        if how == "timeout":
            return self._silence()
        line = self.mind.witness.takes(said, by_key=said["tool"] in BY_KEY)
        match how:
            case "done_500":
                self._answer(500, {})
            case "done_cut":
                self._cut()
            case "done_garbled":
                self._answer(200, "}{")
            case "done_late":
                self._silence()
            case _:
                self._answer(200, {"taken": line.key})

    def _model(self, said: dict[str, Any]) -> None:
        self.mind.note_prompt(said["job"], said["version"], said["prompt"])
        how = self.mind.planned_for_model(said["job"])
        if how:
            self.mind.note_answer(said["job"], "model", how)
        good = answer(View.model_validate(said["view"]), other=1 if how == "other" else 0)
        match how:
            case "429" | "500":
                self._answer(int(how), {})
            case "cut":
                self._cut()
            case "garbled":
                self._answer(200, json.dumps(good)[: len(json.dumps(good)) // 2])
            case "invalid":
                self._answer(200, {**good, "intent": {"kind": "use_tool", "tool": "nonsense", "args": {}, "item": "x"}})
            case _:
                self._answer(200, good)

    def _answer(self, status: int, value: object) -> None:
        body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        """The beginning of an answer, and the connection is gone."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"')
        self.close_connection = True

    def _silence(self) -> None:
        time.sleep(TOO_LATE_SECONDS)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class names it
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    """A client that died says nothing."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Workers are killed in the middle of a request all the time."""


def main(folder: Path) -> None:
    """Serves until it is ended."""
    Handler.mind = Mind(folder, Plan.model_validate_json((folder / "plan.json").read_text(encoding="utf-8")))
    with Server(("127.0.0.1", 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
