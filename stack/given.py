"""Values as the environment gives them: URLs, and what stands in files."""

import re
from pathlib import Path


def is_well_formed(url: str) -> bool:
    """Whether every library reads it: one that does not would complain by showing it, password and all."""
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    login, _, hosts = authority.rpartition("@")
    readable = not re.search(r"\s|%(?![0-9A-Fa-f]{2})", url) and "@" not in login
    return readable and all(re.fullmatch(r"(\[[^\]]*\]|[^:]*)(:\d*)?", host) for host in hosts.split(","))


def content(file: Path) -> str:
    """The text of a file, without the space around it. Raises ValueError when it says nothing."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"cannot be read: {why}") from error
    if not text:
        raise ValueError("is empty")
    return text
