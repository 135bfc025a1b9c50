"""One seed, many streams of chance: what one part draws changes nothing of what another part draws."""

import hashlib
import random

BITS = 64


def drawn(name: str, seed: int) -> random.Random:
    """The stream of that name: the same for the same seed, on every machine."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return random.Random(int.from_bytes(digest[: BITS // 8]))  # noqa: S311 - to be repeated, not to be secret


def word(chance: random.Random, kind: str) -> str:
    """A word that stands nowhere by accident: what carries it is found wherever it went."""
    return f"{kind}-{chance.getrandbits(48):012x}"
