"""One byte string for one JSON value, the same before and after Postgres has stored it as jsonb.

jsonb keeps numbers as exact decimals: 1e22 comes back as an integer with 23 digits, 1.0 as 1.0. Integral floats are
therefore written as integers. NaN and the infinities are no JSON and are refused, as are lone surrogates and NUL,
which jsonb refuses too: better here, with a reason, than in the middle of a commit.
"""

import hashlib
import json
from typing import Any

from domain.errors import Unstorable


def canonical(value: Any) -> bytes:
    """The canonical UTF-8 bytes of a JSON value. Raises `Unstorable` for what jsonb could not give back."""
    try:
        text = json.dumps(_exact(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise Unstorable(f"{type(error).__name__}: {error}") from error


def args_hash(tool: str, args: dict[str, Any]) -> str:
    """What an approval binds: the tool and its exact arguments, as a hex SHA-256."""
    return hashlib.sha256(canonical({"tool": tool, "args": args})).hexdigest()


def _exact(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case str() if "\0" in value:
            raise ValueError("it holds a NUL character")
        case dict():
            return {_exact(key): _exact(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_exact(inner) for inner in value]
        case _:
            return value
