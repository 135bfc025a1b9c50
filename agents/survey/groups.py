"""Which files are read together: one group for each of the largest top-level folders, one for the rest."""

from collections import defaultdict

from agents.survey.documents import OTHER, TOP, Group, ListedFile
from agents.survey.words import plain

MAX_GROUPS = 8
MAX_NAME = 30


def grouped(files: list[ListedFile]) -> tuple[tuple[ListedFile, ...], tuple[Group, ...]]:
    """The files, each with its group, and the groups: the largest by number of files first, the rest last."""
    by_top = defaultdict[str, list[ListedFile]](list)
    for file in files:
        by_top[_top(file)].append(file)
    ranked = sorted(by_top, key=lambda top: (-len(by_top[top]), top))
    large, rest = ranked[:MAX_GROUPS], ranked[MAX_GROUPS:]
    groups = [_group(f"g{n}", top, by_top[top]) for n, top in enumerate(large, start=1)]
    if rest:
        others = [file for top in rest for file in by_top[top]]
        groups.append(Group(id=OTHER, name="other", top=None, files=len(others), bytes=_bytes(others)))
    ids = {top: group.id for top, group in zip(large, groups, strict=False)}
    placed = tuple(file.model_copy(update={"group": ids.get(_top(file), OTHER)}) for file in files)
    return placed, tuple(groups)


def _top(file: ListedFile) -> str:
    first, slash, _ = file.path.partition("/")
    return first if slash else TOP


def _group(group: str, top: str, files: list[ListedFile]) -> Group:
    exact = top if top.isascii() and top == plain(top, MAX_NAME) else None
    return Group(id=group, name=plain(top, MAX_NAME) or "?", top=exact, files=len(files), bytes=_bytes(files))


def _bytes(files: list[ListedFile]) -> int:
    return sum(file.size for file in files)
