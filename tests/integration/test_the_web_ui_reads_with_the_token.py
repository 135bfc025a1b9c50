"""The codec endpoint, over HTTP: who has the token reads, nobody else does."""

import asyncio
import base64
import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload, Payloads

from codec import Codec, Place
from settings import Settings
from starter.codec_server import CodecServer
from starter.commands.codec import origins
from tests.integration.test_the_command_line import Terminal

TOKEN = "a-token-of-some-length"
UI = "http://127.0.0.1:8233"
CODEC = Codec({"k": os.urandom(32)}, accept_clear=True)
CLEAR = Payload(metadata={"encoding": b"json/plain"}, data=b'"canary"')
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class Answer:
    """What the endpoint said."""

    status: int
    headers: Any
    body: bytes

    def payloads(self) -> list[Payload]:
        return list(ParseDict(json.loads(self.body), Payloads()).payloads)


@pytest.fixture
def at() -> Iterator[str]:
    with CodecServer(("127.0.0.1", 0), CODEC, "default", TOKEN, origins(UI)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def sealed() -> Payload:
    [payload] = asyncio.run(CODEC.at(Place("default", "job/one")).encode([CLEAR]))
    return payload


def _ask(url: str, body: object = None, method: str = "POST", **headers: str) -> Answer:
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def _body(*payloads: Payload) -> dict[str, Any]:
    return MessageToDict(Payloads(payloads=payloads))


@pytest.mark.parametrize("path", ["/decode", f"/{TOKEN}/decode"])
def test_the_token_reads(path: str, at: str, sealed: Payload) -> None:
    answer = _ask(at + path, _body(sealed, CLEAR), **(BEARER if TOKEN not in path else {}))
    assert answer.status == 200
    assert answer.payloads() == [CLEAR, CLEAR]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/decode", {}),
        ("/decode", {"Authorization": "Bearer wrong"}),
        ("/decode", {"Authorization": f"Bearer {TOKEN}x"}),
        ("/wrong/decode", BEARER),
        ("/encode", {}),
    ],
)
def test_without_the_token_nothing_is_read(path: str, headers: dict[str, str], at: str, sealed: Payload) -> None:
    answer = _ask(at + path, _body(sealed), **headers)
    assert answer.status == 401
    assert b"canary" not in answer.body


def test_what_is_encoded_is_bound_to_its_workflow(at: str) -> None:
    meant = Payload(metadata={**CLEAR.metadata, "workflow-id": b"job/two"}, data=CLEAR.data)
    [sealed] = _ask(f"{at}/encode", _body(meant), **BEARER).payloads()
    assert b"canary" not in sealed.SerializeToString()
    assert asyncio.run(CODEC.at(Place("default", "job/two")).decode([sealed])) == [meant]
    assert _ask(f"{at}/encode", _body(CLEAR), **BEARER).status == 422


def test_a_changed_payload_and_another_namespace_are_refused(at: str, sealed: Payload) -> None:
    changed = Payload(metadata=sealed.metadata, data=sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))
    assert _ask(f"{at}/decode", _body(changed), **BEARER).status == 422
    assert _ask(f"{at}/decode", _body(sealed), **BEARER, **{"X-Namespace": "other"}).status == 404
    for namespace in ("default", ""):  # the `temporal` command says nothing
        assert _ask(f"{at}/decode", _body(sealed), **BEARER, **{"X-Namespace": namespace}).status == 200


@pytest.mark.parametrize("body", [b"{", b"7", b'["x"]', b'{"payloads": [{"data": 7}]}', b'{"x": 1}', b"\xff"])
def test_garbage_is_a_bad_request(body: bytes, at: str) -> None:
    assert _ask(f"{at}/decode", body, **BEARER).status == 400


def test_other_paths_and_empty_requests_are_refused(at: str) -> None:
    assert _ask(f"{at}/other", {}, **BEARER).status == 404
    assert _ask(f"{at}/decode", **BEARER).status == 413


def test_only_pages_of_the_web_ui_are_let_in(at: str) -> None:
    for page in (UI, "http://localhost:8233"):
        allowed = _ask(f"{at}/decode", method="OPTIONS", Origin=page)
        assert (allowed.status, allowed.headers["Access-Control-Allow-Origin"]) == (204, page)
        assert "authorization" in allowed.headers["Access-Control-Allow-Headers"]
    for origin in (
        "http://evil.example",
        "null",
        f"{UI}.evil.example",
        "http://localhost:8234",
        "https://localhost:8233",
    ):
        assert _ask(f"{at}/decode", method="OPTIONS", Origin=origin).headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize(
    ("url", "pages"),
    [
        (None, set()),
        ("http://localhost:8233/", {"http://localhost:8233", "http://127.0.0.1:8233"}),
        ("https://temporal.example.org/ui", {"https://temporal.example.org"}),
        ("http://localhost.example.org:80", {"http://localhost.example.org:80"}),
    ],
)
def test_a_web_ui_on_loopback_has_its_name_and_its_number(url: str | None, pages: set[str]) -> None:
    assert origins(url) == pages


async def test_a_port_that_is_taken_is_refused_in_one_sentence(settings: Settings, at: str) -> None:
    taken, key = at.rpartition(":")[2], base64.b64encode(os.urandom(32)).decode()
    given = {"LONGHAUL_CODEC_KEY": f"k:{key}", "LONGHAUL_CODEC_TOKEN": TOKEN}
    said = await Terminal(settings)("codec-server", "--port", taken, **given)
    assert (said.code, said.out) == (2, "")
    assert f"--port {taken}: Address already in use; right is a free port of this machine" in said.err
    assert TOKEN not in said.err


async def test_the_command_says_what_it_needs(settings: Any) -> None:
    said = await Terminal(settings)("codec-server")
    assert (said.code, said.out) == (2, "")
    assert "LONGHAUL_CODEC_KEY and LONGHAUL_CODEC_TOKEN" in said.err
