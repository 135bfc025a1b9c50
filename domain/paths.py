"""Paths below an agent's directory: relative, plain, and none of Longhaul's own work files."""

import re

DEEPEST = 16
TEMPORARY = re.compile(r"\.longhaul-[0-9a-f]{16}\.tmp")
LOCK = ".longhaul.lock"


def wrong(path: str) -> str:
    """What is wrong with a path below an agent's directory; nothing, when it is plain."""
    parts = path.split("/")
    if not path.isprintable():
        return "has a character that cannot be printed"
    if "\\" in path:
        return "has a backslash"
    if len(parts) > DEEPEST:
        return f"has more than {DEEPEST} components"
    if any(part in ("", ".", "..") for part in parts):
        return "is not relative and plain: a component is empty, . or .."
    if any(len(part.encode()) > 255 for part in parts):
        return "has a component of more than 255 bytes"
    if parts[-1] == LOCK or any(TEMPORARY.fullmatch(part) for part in parts):
        return "is the name of one of Longhaul's own work files"
    return ""
