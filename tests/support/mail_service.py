"""A mail service over HTTP that honours idempotency keys, for tests: it counts mails, and fails as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.support.serving import serving

Reply = tuple[int, dict[str, str]]


@dataclass
class MailService:
    """`taken` is each mail that went out, by key. `replies` come first, one a request; `drops` requests are cut off."""

    taken: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    drops: int = 0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def receive(self, key: str, body: dict[str, str], headers: dict[str, str]) -> Reply | None:
        """The status and headers of the reply; None cuts the connection."""
        with self.lock:
            self.requests.append((key, body, headers))
            if self.replies:
                return self.replies.pop(0)
            if self.taken.setdefault(key, body) != body:
                return 409, {}
            if self.drops:
                self.drops -= 1
                return None
            return 202, {}

    @property
    def addresses(self) -> list[str]:
        """To whom mails went out, in order."""
        return [body["to"] for body in self.taken.values()]


@contextmanager
def mail_service() -> Iterator[MailService]:
    """The service on a free port of loopback, for the length of the block."""
    service = MailService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = service.receive(self.headers["Idempotency-Key"], body, dict(self.headers))
            if reply is None:
                self.close_connection = True
                return
            status, headers = reply
            content = json.dumps({"id": f"mail-{len(service.taken)}", "status": status}).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Tests print nothing."""

    with serving(Handler) as address:
        service.url = f"{address}/mails"
        yield service
