"""The names of files that tools are given: checked before a call is made, so that a wrong one costs no step."""

from typing import Annotated

from pydantic import AfterValidator, Field

from domain.paths import wrong

VIEWS = ("memory.md", "todo.md")


def _plain(path: str) -> str:
    if why := wrong(path):
        raise ValueError(f"it {why}; right is a path in your own directory, such as notes/plan.md")
    return path


def _folder(path: str) -> str:
    return _plain(path) if path else path


def _writable(path: str) -> str:
    if path.casefold() in VIEWS:
        raise ValueError("memory.md is written by remember and forget, TODO.md by plan and complete")
    return _plain(path)


FilePath = Annotated[str, Field(max_length=400, description="such as notes/plan.md"), AfterValidator(_plain)]
"""A file below the agent's directory."""
NewPath = Annotated[str, Field(max_length=400, description="such as notes/plan.md"), AfterValidator(_writable)]
"""A file below the agent's directory that a tool may write."""
Folder = Annotated[str, Field(max_length=400, description="such as notes; empty for all"), AfterValidator(_folder)]
"""A folder below the agent's directory, or the directory itself."""


def within(paths: tuple[str, ...], folder: str) -> tuple[str, ...]:
    """Those that lie in the folder or below."""
    return tuple(path for path in paths if not folder or path.startswith(f"{folder}/"))
