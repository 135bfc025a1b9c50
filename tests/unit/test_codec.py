"""Payloads are read where they were meant to be read, by who has the key, and nowhere else."""

import os

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import ActivitySerializationContext, DataConverter, WorkflowSerializationContext

from codec import REFUSED, Codec, NotReadable, Place

KEYS = {"new": os.urandom(32), "old": os.urandom(32)}
HERE = Place("default", "job/one")
CLEAR = Payload(metadata={"encoding": b"json/plain"}, data=b'"canary"')


async def _sealed(keys: dict[str, bytes] = KEYS, place: Place = HERE) -> Payload:
    [sealed] = await Codec(keys).at(place).encode([CLEAR])
    return sealed


async def test_a_payload_comes_back_and_shows_nothing_meanwhile() -> None:
    sealed = await _sealed()
    assert b"canary" not in sealed.SerializeToString()
    assert b"json/plain" not in sealed.SerializeToString()
    assert (await _sealed()).data != sealed.data, "a nonce each"
    assert await Codec(KEYS).at(HERE).decode([sealed]) == [CLEAR]


async def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    old = await _sealed({"old": KEYS["old"]})
    assert (await _sealed()).metadata["encryption-key-id"] == b"new"
    assert await Codec(KEYS).at(HERE).decode([old]) == [CLEAR]


@pytest.mark.parametrize("place", [Place("default", "job/two"), Place("other", "job/one")])
async def test_a_payload_of_another_workflow_is_refused(place: Place) -> None:
    with pytest.raises(NotReadable, match="belongs to another workflow"):
        await Codec(KEYS).at(place).decode([await _sealed()])


async def test_a_claimed_workflow_id_changes_nothing() -> None:
    sealed = await _sealed()
    sealed.metadata["workflow-id"] = b"job/two"
    with pytest.raises(NotReadable):
        await Codec(KEYS).at(Place("default", "job/two")).decode([sealed])


@pytest.mark.parametrize("at", [0, 12, -1])
async def test_a_changed_byte_is_refused(at: int) -> None:
    sealed = await _sealed()
    changed = bytearray(sealed.data)
    changed[at] ^= 1
    with pytest.raises(NotReadable, match="it was changed"):
        await Codec(KEYS).at(HERE).decode([Payload(metadata=sealed.metadata, data=bytes(changed))])


@pytest.mark.parametrize("data", [b"", b"short"])
async def test_a_cut_payload_is_refused(data: bytes) -> None:
    with pytest.raises(NotReadable):
        await Codec(KEYS).at(HERE).decode([Payload(metadata=(await _sealed()).metadata, data=data)])


async def test_a_wrong_key_is_refused_and_an_unknown_one_named() -> None:
    sealed = await _sealed()
    with pytest.raises(NotReadable, match="another key has the same id"):
        await Codec({"new": KEYS["old"]}).at(HERE).decode([sealed])
    with pytest.raises(NotReadable, match="its key is 'new', and LONGHAUL_CODEC_KEY has old"):
        await Codec({"old": KEYS["old"]}).at(HERE).decode([sealed])


async def test_a_clear_payload_is_not_believed() -> None:
    converter = DataConverter(payload_codec=Codec(KEYS))
    workflow = converter.with_context(WorkflowSerializationContext("default", "job/one"))
    activity = converter.with_context(ActivitySerializationContext("default", "1", "act", "q", "job/one", "w", False))
    assert workflow.payload_codec is not None
    assert activity.payload_codec is not None
    assert await workflow.payload_codec.decode([CLEAR]) == [REFUSED]
    with pytest.raises(NotReadable, match="LONGHAUL_CODEC_ACCEPT_CLEAR=true"):
        await activity.payload_codec.decode([CLEAR])


async def test_a_clear_payload_is_read_while_an_installation_changes_over() -> None:
    assert await Codec(KEYS, accept_clear=True).at(HERE).decode([CLEAR]) == [CLEAR]


async def test_nothing_is_encrypted_for_no_workflow() -> None:
    with pytest.raises(NotReadable, match="belongs to no workflow"):
        await Codec(KEYS).encode([CLEAR])
