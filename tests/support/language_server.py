"""A server that speaks as OpenAI's chat completions and Anthropic's messages do, and says what a test tells it to.

    server.script = [Calls(("finish", {"result": "done"})), Status(429, {"retry-after": "1"}), Hang(5.0), Cut()]

Each request takes the next turn; when the script is over, the server answers 500, so that no test passes by accident.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.serving import serving

TOKENS_IN, TOKENS_OUT = 1000, 100


@dataclass(frozen=True)
class Calls:
    """The model calls functions, each (name, arguments); arguments that are a string go as they are."""

    calls: tuple[tuple[str, Any], ...]
    text: str = ""
    reason: str = "tool_calls"
    usage: bool = True


def calls(*made: tuple[str, Any], text: str = "", **more: Any) -> Calls:
    """A turn in which the model calls functions."""
    return Calls(made, text, **more)


@dataclass(frozen=True)
class Status:
    """An error status with its headers and body."""

    code: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Hang:
    """Nothing is said for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Cut:
    """The connection ends in the middle of the answer."""


Turn = Calls | Status | Hang | Cut


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float

    @property
    def prompt(self) -> str:
        """The last words of the user."""
        content = [message["content"] for message in self.body["messages"] if message["role"] == "user"][-1]
        return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)

    @property
    def offered(self) -> list[str]:
        """The names of the functions that may be called."""
        return [tool.get("function", tool)["name"] for tool in self.body["tools"]]


class LanguageServer:
    """The script, and what came."""

    def __init__(self) -> None:
        self.script: list[Turn] = []
        self.asked: list[Asked] = []
        self.mind: Callable[[Asked], Turn] | None = None
        """Says what the model does when the script is over, if it is to go on."""
        self.url = ""
        self._lock = threading.Lock()

    def next_turn(self, asked: Asked) -> Turn:
        with self._lock:
            self.asked.append(asked)
            if self.mind and not self.script:
                return self.mind(asked)
            return self.script.pop(0) if self.script else Status(500, body={"error": {"message": "the script is over"}})


class _Handler(BaseHTTPRequestHandler):
    server_version = "language/1"
    protocol_version = "HTTP/1.1"
    language: LanguageServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        match self.language.next_turn(Asked(self.path, headers, body, time.monotonic())):
            case Calls() as turn:
                said = _anthropic(turn) if self.path.endswith("/messages") else _chat(turn)
                self._answer(200, {}, said)
            case Status(code, headers, body):
                self._answer(code, headers, body)
            case Hang(seconds):
                time.sleep(seconds)
                self.close_connection = True
            case Cut():
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "10000")
                self.end_headers()
                self.wfile.write(b'{"id": "cut", "choi')
                self.close_connection = True

    def _answer(self, code: int, headers: dict[str, str], body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(code)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives
        """Tests print nothing."""


def _chat(turn: Calls) -> dict[str, Any]:
    made = [
        {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": _text(args)}}
        for n, (name, args) in enumerate(turn.calls)
    ]
    message = {"role": "assistant", "content": turn.text or None, **({"tool_calls": made} if made else {})}
    usage = {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT, "total_tokens": TOKENS_IN + TOKENS_OUT}
    return {
        "id": "chat-1",
        "object": "chat.completion",
        "created": 1_800_000_000,
        "model": "test-model",
        "choices": [{"index": 0, "message": message, "finish_reason": turn.reason if made else "stop"}],
        **({"usage": usage} if turn.usage else {}),
    }


def _anthropic(turn: Calls) -> dict[str, Any]:
    text = [{"type": "text", "text": turn.text}] if turn.text else []
    made = [
        {"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": args}
        for n, (name, args) in enumerate(turn.calls)
    ]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "test-model",
        "content": [*text, *made],
        "stop_reason": "tool_use" if made else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": TOKENS_IN, "output_tokens": TOKENS_OUT},
    }


def _text(args: Any) -> str:
    return args if isinstance(args, str) else json.dumps(args)


@contextmanager
def language_server() -> Iterator[LanguageServer]:
    """A server at work on a port of its own until the block ends."""
    language = LanguageServer()
    handler = type("Handler", (_Handler,), {"language": language})
    with serving(handler) as address:
        language.url = f"{address}/v1"
        yield language
