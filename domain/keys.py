"""Keys by name, as settings write them: `NAME:KEY`, more after commas or line breaks; or a key alone."""

import base64
import re

KEY_BYTES = 32


def keys_by_name(text: str, separator: str) -> dict[str, bytes]:
    """The keys, 32 bytes each in base64, in their order. Raises ValueError, which shows no key.

    Without a `separator` there is one key, and its name is "key".
    """
    text, separator = (text, separator) if separator or not text else (f"key:{text}", ":")
    keys: dict[str, bytes] = {}
    for entry in filter(None, (each.strip() for each in re.split(r"[,\n]", text))):
        name, _, encoded = (part.strip() for part in entry.partition(separator))
        if not name or name in keys or len(_decoded(encoded)) != KEY_BYTES:
            raise ValueError(f"entry {len(keys) + 1} is not a new NAME{separator}KEY of {KEY_BYTES} bytes in base64")
        keys[name] = _decoded(encoded)
    return keys


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
