"""http_get: listed hosts only, no private network by accident, no redirect out of the list, and limits that hold."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from agents.tools.catalogue import facts
from agents.tools.http_get import http_get
from agents.web import get as getting
from agents.web.allow import AllowList, is_public
from agents.web.get import Page, get
from domain.errors import ToolFault, ToolInvalid


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cut_off: threading.Event

    def do_GET(self) -> None:
        self.close_connection = True
        match self.path:
            case "/loop":
                self._say(302, b"", Location="/loop")
            case "/there":
                self._say(302, b"", Location="/page?x=1")
            case "/out":
                self._say(302, b"", Location="http://127.0.0.2:1/secret")
            case "/large":
                self._say(200, b"z" * 3_000_000)
            case "/missing":
                self._say(404, b"none")
            case "/cut":
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                self.wfile.write(b"half")
            case "/drip":
                self._drip()
            case _:
                self._say(200, self.path.encode(), **{"Content-Type": "text/plain"})

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(200):
                self.wfile.write(b".")
                time.sleep(0.05)
        except OSError:
            self.cut_off.set()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives
        """Tests print nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is no news."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    _Handler.cut_off = threading.Event()
    with _Server(("127.0.0.1", 0), _Handler) as running:
        thread = threading.Thread(target=lambda: running.serve_forever(poll_interval=0.05))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def read(server: ThreadingHTTPServer, path: str, seconds: float = 10.0) -> Page:
    place = f"127.0.0.1:{server.server_port}"
    return get(f"http://{place}{path}", AllowList.of([place]), seconds, lambda: None)


def test_a_page_is_read_where_redirects_lead(server: ThreadingHTTPServer) -> None:
    page = read(server, "/there")
    assert (page.status, page.body, page.content_type, page.cut) == (200, b"/page?x=1", "text/plain", False)
    assert page.url.endswith("/page?x=1")


def test_an_error_status_is_an_answer(server: ThreadingHTTPServer) -> None:
    assert (read(server, "/missing").status, read(server, "/missing").body) == (404, b"none")


def test_no_redirect_leads_out_of_the_list(server: ThreadingHTTPServer) -> None:
    with pytest.raises(ToolInvalid, match=r"127\.0\.0\.2:1 may not be read"):
        read(server, "/out")
    with pytest.raises(ToolFault, match="redirected more than 5 times"):
        read(server, "/loop")


def test_limits_hold(server: ThreadingHTTPServer) -> None:
    page = read(server, "/large")
    assert (len(page.body), page.cut) == (getting.LARGEST, True)
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="did not answer in time"):
        read(server, "/drip", seconds=0.3)
    assert time.monotonic() - began < 5
    assert _Handler.cut_off.wait(10), "the connection is not left open"


def test_a_cut_answer_is_a_failure(server: ThreadingHTTPServer) -> None:
    with pytest.raises(ToolFault, match="IncompleteRead"):
        read(server, "/cut")


@pytest.mark.parametrize(
    ("listed", "url", "why"),
    [
        ("docs.example.org", "http://example.org/", r"example\.org:80 may not be read"),
        ("docs.example.org", "https://docs.example.org.evil.org/", "may not be read"),
        ("docs.example.org", "https://docs.example.org:8443/", r"docs\.example\.org:8443 may not be read"),
        ("docs.example.org", "https://ann@docs.example.org/", "without a user or password"),
        ("docs.example.org", "https://docs.example.org@evil.org/", "without a user or password"),
        ("docs.example.org", "file:///etc/passwd", "http:// or https:// with a host"),
        ("docs.example.org", "http://docs.example.org:x/", "is no URL"),
        ("", "http://example.org/", "lists none"),
    ],
)
def test_what_is_not_listed_is_not_read(listed: str, url: str, why: str) -> None:
    with pytest.raises(ToolInvalid, match=why):
        AllowList.of(listed.split(",")).target(url)


def test_a_listed_name_may_not_lead_into_a_private_network() -> None:
    allow = AllowList.of(["localhost", "LOCALHOST:8080"])
    with pytest.raises(ToolInvalid, match="no public address; a person may list it as localhost:80 in"):
        allow.target("http://localhost/").addresses()
    assert allow.target("http://LocalHost:8080/").addresses()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_private_addresses_are_known(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("url", ["ftp://a/", "http://a/ b", "http://a/\nHost: b", "http://ä/", "http://" + "a" * 2000])
def test_only_plain_urls_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url: "):
        facts(http_get(AllowList.of([]))).check({"url": url})
