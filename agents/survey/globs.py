"""Globs as people know them from .gitignore, matched against paths relative to the surveyed folder.

*.lock       no slash: a name at any depth        docs/**      all below docs
docs         also a folder: all that is below it  src/*.py     `*` stays within one name, `**` crosses folders
/README.md   a leading slash: at the top only     **/test_*    in any folder
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from agents.survey.documents import TOP

MAX_GLOB = 200


def fault(glob: str) -> str:
    """Why this is no usable glob, or nothing."""
    names = _names(glob)
    if not names or not glob.isprintable():
        return "it is empty or holds control characters"
    if len(glob) > MAX_GLOB:
        return f"it has {len(glob)} characters, at most {MAX_GLOB}"
    return "`..` leads out of the folder" if ".." in names else ""


def matches(glob: str, path: str) -> bool:
    """Whether the glob names the file, or a folder above it."""
    names, wants, places = path.split("/"), _names(glob), {0}
    for n_wanted, wanted in enumerate(wants, start=1):
        if wanted == "**":
            inside = n_wanted == len(wants)
            places = set(range(min(places) + inside, len(names) + 1))
        else:
            places = {n + 1 for n in places if n < len(names) and fnmatchcase(names[n], wanted)}
        if not places:
            return False
    return True


def selects(focus: Iterable[str], ignore: Iterable[str], path: str) -> bool:
    """Whether the file is to be looked at: in focus (without any focus, all are), and not ignored."""
    focused = tuple(focus)
    inside = not focused or any(matches(glob, path) for glob in focused)
    return inside and not any(matches(glob, path) for glob in ignore)


def may_touch(glob: str, top: str | None) -> bool:
    """Whether the glob could name a file of the group with that `top`. When in doubt: yes."""
    names = _names(glob)
    if top is None or names[0] == "**":
        return True
    return len(names) == 1 if top == TOP else fnmatchcase(top, names[0])


def _names(glob: str) -> list[str]:
    anchored = "/" in glob.rstrip("/")
    names = [name for name in glob.split("/") if name not in ("", ".")]
    return names if anchored or not names else ["**", *names]
