"""Values as the environment gives them: URLs, keys, and what stands in files. No error shows a secret."""

import os
import re
from pathlib import Path
from typing import TypeVar

from pydantic import AfterValidator, SecretStr

from domain.keys import keys_by_name

K = TypeVar("K", str, SecretStr)


def scheme(*known: str) -> AfterValidator:
    """A URL of one of these schemes."""

    def check(url: SecretStr) -> SecretStr:
        if not url.get_secret_value().startswith(tuple(f"{scheme}://" for scheme in known)):
            raise ValueError(f"it must begin with {' or '.join(f'{scheme}://' for scheme in known)}")
        if not is_well_formed(url.get_secret_value()):
            raise ValueError("in a name or password %40 stands for @, %3A for :, %2F for /, %23 for #, %25 for %")
        return url

    return AfterValidator(check)


def holds_keys(separator: str) -> AfterValidator:
    """Keys as `domain.keys` reads them, at least one."""

    def check(given: K) -> K:
        keys = keys_by_name(given.get_secret_value() if isinstance(given, SecretStr) else given, separator)
        if not keys:
            raise ValueError("it holds no key")
        return given

    return AfterValidator(check)


def is_well_formed(url: str) -> bool:
    """Whether every library reads it: one that does not would complain by showing it, password and all."""
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    login, _, hosts = authority.rpartition("@")
    readable = not re.search(r"\s|%(?![0-9A-Fa-f]{2})", url) and "@" not in login
    return readable and all(re.fullmatch(r"(\[[^\]]*\]|[^:]*)(:\d*)?", host) for host in hosts.split(","))


def from_file(variable: str) -> str | None:
    """What stands in the file that `<variable>_FILE` names, without the space around it; None when that is not set.

    Raises ValueError when the file says nothing, or the variable is set as well.
    """
    path = os.environ.get(f"{variable}_FILE")
    if not path:
        return None
    if os.environ.get(variable):
        raise ValueError(f"{variable} and {variable}_FILE are both set; one of them is right")
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"{variable}_FILE is {path!r}, which cannot be read: {why}") from error
    if not text:
        raise ValueError(f"{variable}_FILE is {path!r}, which is empty")
    return text
