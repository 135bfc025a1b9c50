"""Mail addresses: the plain ASCII ones that every server takes. No names, quotes, comments or control characters."""

import re
from typing import Annotated

from pydantic import AfterValidator

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_LOCAL})@{_LABEL}(?:\.{_LABEL})*")
MAX_ADDRESS = 254
MAX_LOCAL = 64


def is_address(text: str) -> bool:
    """Whether the text is exactly one plain mail address (RFC 5321, without quoted or international parts)."""
    found = _ADDRESS.fullmatch(text) if len(text) <= MAX_ADDRESS else None
    return found is not None and len(found.group(1)) <= MAX_LOCAL


def plain_address(text: str) -> str:
    """The address itself. Raises `ValueError` for anything else."""
    if not is_address(text):
        raise ValueError("it must be one plain mail address such as ann@example.org")
    return text


Address = Annotated[str, AfterValidator(plain_address)]
