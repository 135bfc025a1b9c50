"""What Temporal is given to store: every payload and every failure, encrypted when `LONGHAUL_CODEC_KEY` is set.

    payload ── AES-256-GCM, key by its id, bound to namespace and workflow id ──▶ payload "binary/encrypted"

The bound workflow is the one whose input or output the payload is: for a signal or a child, the one that gets it. So a
payload that was moved to another workflow, or changed, does not decrypt. The first key encrypts, each decrypts. A
payload in the clear is not believed: an activity refuses it, and a workflow gets `REFUSED` in its place, from which no
message parses.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from domain.canonical import canonical
from domain.errors import LonghaulError
from settings import Settings

ENCODING = b"binary/encrypted"
KEY_ID, WORKFLOW_ID = "encryption-key-id", "workflow-id"
NONCE_BYTES = 12
REFUSED = Payload(metadata={"encoding": b"json/plain"}, data=b'{"refused": "it came in the clear"}')
"""What a workflow is told in place of a clear payload, so that nobody can stop it with one."""


class NotReadable(LonghaulError):
    """A payload of Temporal's cannot be read."""


def data_converter(settings: Settings) -> DataConverter:
    """How values become payloads: by pydantic, and encrypted when there is a key."""
    if not settings.keys("codec_key"):
        return pydantic_data_converter
    return replace(
        pydantic_data_converter,
        payload_codec=Codec(settings.keys("codec_key"), accept_clear=settings.codec_accept_clear),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


@dataclass(frozen=True)
class Place:
    """The workflow whose input or output a payload is."""

    namespace: str
    workflow_id: str


class Codec(PayloadCodec, WithSerializationContext):
    """AES-256-GCM (NIST SP 800-38D). `keys` is by id, 32 bytes each; the first one encrypts."""

    def __init__(self, keys: Mapping[str, bytes], *, accept_clear: bool = False, place: Place | None = None) -> None:
        self.keys = keys
        self.accept_clear = accept_clear
        self.place = place
        self.in_workflow = True

    def with_context(self, context: SerializationContext) -> "Codec":
        """The codec for the payloads of one workflow."""
        match context:
            case WorkflowSerializationContext() | ActivitySerializationContext():
                bound = self.at(Place(context.namespace, context.workflow_id or ""))
                bound.in_workflow = isinstance(context, WorkflowSerializationContext)
                return bound
            case _:
                return self

    def at(self, place: Place) -> "Codec":
        """The codec for the payloads of the workflow at this place."""
        return Codec(self.keys, accept_clear=self.accept_clear, place=place)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypted payloads. Raises `NotReadable` for one that belongs to no workflow."""
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads as they were. Raises `NotReadable` for any that this workflow was not given in this form."""
        return [self._decrypted(payload) for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        key_id, place, nonce = next(iter(self.keys)), self._bound(), os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[key_id]).encrypt(nonce, payload.SerializeToString(), _bound_to(key_id, place))
        metadata = {"encoding": ENCODING, KEY_ID: key_id.encode(), WORKFLOW_ID: place.workflow_id.encode()}
        return Payload(metadata=metadata, data=nonce + sealed)

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return self._clear(payload)
        key_id = payload.metadata.get(KEY_ID, b"").decode(errors="replace")
        if key_id not in self.keys:
            raise NotReadable(f"its key is {key_id!r}, and LONGHAUL_CODEC_KEY has {', '.join(self.keys)}")
        place, nonce = self._bound(), payload.data[:NONCE_BYTES]
        try:
            opened = AESGCM(self.keys[key_id]).decrypt(nonce, payload.data[NONCE_BYTES:], _bound_to(key_id, place))
        except (InvalidTag, ValueError) as error:
            why = "it was changed, belongs to another workflow, or another key has the same id"
            raise NotReadable(f"in {place.workflow_id}; {why}") from error
        return Payload.FromString(opened)

    def _clear(self, payload: Payload) -> Payload:
        if self.accept_clear:
            return payload
        if self.in_workflow:
            return REFUSED
        raise NotReadable("it is in the clear, though there is a key; LONGHAUL_CODEC_ACCEPT_CLEAR=true reads it")

    def _bound(self) -> Place:
        if self.place is None or not self.place.workflow_id:
            raise NotReadable("it belongs to no workflow")
        return self.place


def _bound_to(key_id: str, place: Place) -> bytes:
    return canonical(["longhaul payload 1", key_id, place.namespace, place.workflow_id])
