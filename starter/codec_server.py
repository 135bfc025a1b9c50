"""The codec endpoint, by which the web UI shows what Temporal stores encrypted: https://docs.temporal.io/codec-server

    POST /decode, /encode      {"payloads": […]} there and back, as Temporal's JSON
    Authorization: Bearer TOKEN, or, for a UI that sends none, POST /TOKEN/decode

Whoever has the token reads every payload: it listens on loopback, and lets browsers come from the UI's own pages alone.
A payload names the workflow that it is bound to; the UI does not. So it can be decoded from what it says, while a
payload to encode must bring `workflow-id` in its metadata, which a signal typed into the UI does not.
"""

import asyncio
import hmac
import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from temporalio.api.common.v1 import Payload, Payloads

from codec import WORKFLOW_ID, Codec, NotReadable, Place

LARGEST_REQUEST = 16 * 2**20
SECONDS = 30.0
WORK = ("encode", "decode")


class CodecServer(ThreadingHTTPServer):
    """Serves one namespace's payloads to who has the token. `origins` are those of the web UI's pages."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], codec: Codec, namespace: str, token: str, origins: frozenset[str]
    ) -> None:
        super().__init__(address, _Request)
        self.codec = codec
        self.namespace = namespace
        self.token = token
        self.origins = origins

    def knows(self, claimed: str) -> bool:
        """Whether it is the token, in a time that does not tell how much of it was right."""
        return hmac.compare_digest(claimed.encode(), self.token.encode())

    async def worked(self, work: str, payloads: Payloads) -> Payloads:
        """The payloads encoded or decoded, each for its own workflow. Raises `NotReadable`."""
        done = [await self._one(work, payload) for payload in payloads.payloads]
        return Payloads(payloads=done)

    async def _one(self, work: str, payload: Payload) -> Payload:
        workflow = payload.metadata.get(WORKFLOW_ID, b"").decode(errors="replace")
        if work == "decode" and not workflow:
            return payload  # it was stored in the clear
        bound = self.codec.at(Place(self.namespace, workflow))
        [done] = await (bound.decode if work == "decode" else bound.encode)([payload])
        return done


class _Request(BaseHTTPRequestHandler):
    server: CodecServer
    timeout = SECONDS
    server_version, sys_version = "longhaul-codec", ""

    def do_OPTIONS(self) -> None:
        """A browser asks whether the page may ask."""
        self._answer(HTTPStatus.NO_CONTENT)

    def do_POST(self) -> None:
        """Encodes or decodes."""
        *claimed, work = self.path.split("?")[0].strip("/").split("/")
        bearer = (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip()
        if not self.server.knows(claimed[0] if claimed else bearer):
            return self._answer(HTTPStatus.UNAUTHORIZED, {"message": "the token is missing, or another one"})
        if work not in WORK or len(claimed) > 1:
            return self._answer(HTTPStatus.NOT_FOUND, {"message": "there are /encode and /decode"})
        if self.headers.get("X-Namespace") not in (None, "", self.server.namespace):
            message = f"this endpoint has the keys of namespace {self.server.namespace}"
            return self._answer(HTTPStatus.NOT_FOUND, {"message": message})
        return self._work(work)

    def _work(self, work: str) -> None:
        told = self.headers.get("Content-Length") or ""
        length = int(told) if told.isdecimal() else 0
        if not 0 < length <= LARGEST_REQUEST:
            return self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"message": "1 byte to 16 MB"})
        try:
            payloads = ParseDict(dict(json.loads(self.rfile.read(length))), Payloads())
            done = asyncio.run(self.server.worked(work, payloads))
        except (ValueError, TypeError, ParseError):
            return self._answer(HTTPStatus.BAD_REQUEST, {"message": 'it takes {"payloads": [...]}'})
        except NotReadable as error:
            return self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"message": str(error)})
        return self._answer(HTTPStatus.OK, MessageToDict(done))

    def _answer(self, status: HTTPStatus, content: dict[str, Any] | None = None) -> None:
        body = json.dumps(content).encode() if content is not None else b""
        self.send_response(status)
        origin = self.headers.get("Origin")
        if origin in self.server.origins:
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Headers", "authorization, content-type, x-namespace")
            self.send_header("Access-Control-Allow-Methods", "POST")
        self.send_header("Vary", "Origin")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Says nothing: the path may hold the token."""
