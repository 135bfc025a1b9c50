"""Ed25519 (RFC 8032): an approver's key in its file, signatures, and their verification."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.errors import Refused
from domain.signed import Verify


def new_key(path: Path) -> str:
    """Writes a new private key to a new file that only its owner can read; returns the public one in base64.

    Raises `Refused` when the file is there, or cannot be made.
    """
    private = Ed25519PrivateKey.generate()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}; name a file that is not there yet") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(private.private_bytes_raw()) + b"\n")
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()


def sign(private: bytes, signed: bytes) -> str:
    """The signature of these bytes, in base64."""
    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(private).sign(signed)).decode()


def verifier(keys: Mapping[str, bytes]) -> Verify:
    """Verifies by the public keys of these approvers."""
    public = {name: Ed25519PublicKey.from_public_bytes(key) for name, key in keys.items()}

    def verify(name: str, signature: bytes, signed: bytes) -> bool:
        try:
            public[name].verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return verify
