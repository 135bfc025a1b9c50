"""Globs read as in .gitignore."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.survey.globs import fault, matches, may_touch, selects


@pytest.mark.parametrize(
    ("glob", "path", "named"),
    [
        ("*.lock", "poetry.lock", True),
        ("*.lock", "a/b/yarn.lock", True),
        ("*.lock", "a.lock/inside", True),
        ("docs", "docs/a.md", True),
        ("docs/", "x/docs/a.md", True),
        ("/docs", "x/docs/a.md", False),
        ("docs/**", "docs/a/b.md", True),
        ("docs/**", "x/docs/b.md", False),
        ("docs/**", "docs", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/a/b.py", False),
        ("src/**/*.py", "src/a.py", True),
        ("src/**/*.py", "src/a/b/c.py", True),
        ("**/test_*", "a/b/test_x.py", True),
        ("**", "anything/at/all", True),
        ("a?c", "abc", True),
        ("[ab].txt", "b.txt", True),
        ("./src/a.py", "src/a.py", True),
        ("README.md", "readme.md", False),
    ],
)
def test_a_glob_names(glob: str, path: str, named: bool) -> None:
    assert matches(glob, path) is named


def test_focus_and_ignore_together() -> None:
    assert selects((), (), "a.py")
    assert selects(("*.py",), (), "a.py")
    assert not selects(("*.py",), (), "a.md")
    assert not selects(("*.py",), ("a*",), "a.py")


@pytest.mark.parametrize("glob", ["", "/", ".", "../x", "a\nb", "x" * 300])
def test_a_glob_that_cannot_work_has_a_fault(glob: str) -> None:
    assert fault(glob)


def test_a_malicious_glob_takes_no_time() -> None:
    started = time.monotonic()
    assert not matches("/".join(["**", "*a*a*a*a*a*b"] * 8), "/".join(["a" * 100] * 60))
    assert time.monotonic() - started < 2


NAMES = st.text("ab*?.", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))


@given(st.lists(NAMES | st.just("**"), min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=4), st.booleans())
def test_a_glob_that_names_a_file_may_touch_its_group(glob: list[str], path: list[str], anchored: bool) -> None:
    pattern = ("/" if anchored else "") + "/".join(glob)
    if not fault(pattern) and matches(pattern, "/".join(path)):
        assert may_touch(pattern, path[0] if len(path) > 1 else ".")
