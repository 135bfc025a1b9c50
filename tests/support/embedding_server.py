"""A server that speaks OpenAI's embeddings API: a text's vector counts its words by what they mean.

server.replies = [Reply(429, {"retry-after": "7"}), Reply(200, body="no JSON")]      each is taken by one request
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.serving import serving

MEANINGS = (
    {"car", "automobile", "vehicle"},
    {"doctor", "physician", "clinic"},
    {"money", "salary", "wage"},
    {"poison"},
)
KEY = "canary-embedder-key"


def vector(text: str) -> list[float]:
    """How often each meaning is in the text; the last number is the same for every text."""
    words = text.lower().replace("?", " ").replace(".", " ").split()
    return [*(float(sum(word in meaning for word in words)) for meaning in MEANINGS), 0.1]


@dataclass(frozen=True)
class Reply:
    """What is said instead."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass
class EmbeddingServer:
    """What was asked, and what is to be said instead. `refuses` a text with that word; `hangs` until the end."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    refuses: str = ""
    hangs: bool = False
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def answer(self, body: dict[str, Any], headers: dict[str, str]) -> Reply:
        self.asked.append(body)
        self.headers.append(headers)
        if self.hangs:
            self.ended.wait(60)
        if self.replies:
            return self.replies.pop(0)
        if self.refuses and any(self.refuses in text for text in body["input"]):
            return Reply(400, body=f"too long for us, {headers.get('authorization')}")
        found = [{"index": number, "embedding": vector(text)} for number, text in enumerate(body["input"])]
        return Reply(200, body=json.dumps({"object": "list", "data": found[::-1]}))

    @property
    def texts(self) -> list[str]:
        """Every text that was asked for."""
        return [text for body in self.asked for text in body["input"]]


@contextmanager
def embedding_server() -> Iterator[EmbeddingServer]:
    """A server at work on a port of its own until the block ends."""
    known = EmbeddingServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = known.answer(body, {name.lower(): value for name, value in self.headers.items()})
            if self.path != "/v1/embeddings":
                reply = Reply(404, body=f"no {self.path}")
            content = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives
            """Tests print nothing."""

    with serving(Handler) as address:
        known.url = f"{address}/v1"
        try:
            yield known
        finally:
            known.ended.set()
