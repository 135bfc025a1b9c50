"""A job as a language model is told of it, without the services."""

import hashlib
from typing import Any

from agents.jobs import GENERAL_TOOLS
from agents.model import Context
from agents.tools.all import tools
from agents.tools.catalogue import catalogue
from domain.errors import NotFound
from domain.events import JobEvent, JobOpened, JobRequested, TurnTaken
from domain.job import JobState
from domain.tools import Catalogue

NOW = 1_800_000_000.0


class Kept:
    """Artifacts of one test."""

    def __init__(self, *contents: bytes) -> None:
        self.contents = {hashlib.sha256(content).hexdigest(): content for content in contents}

    async def fetch(self, sha256: str) -> bytes:
        if sha256 not in self.contents:
            raise NotFound(f"artifact {sha256}")
        return self.contents[sha256]

    async def keep(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.contents[digest] = content
        return digest


def offered() -> Catalogue:
    """The tools of a general job."""
    every = catalogue(tools(None, "x@y", ["docs.example.org"]).values())
    return {name: every[name] for name in GENERAL_TOOLS}


def opened(goal: str = "write the notes", *more: JobEvent) -> JobState:
    """A job that has its agent's turn, after more events."""
    asked = JobRequested(job="job-1", agent="ann", job_type="general", goal=goal, requested_by="ann")
    return JobState().apply_all([asked, JobOpened(at=NOW), TurnTaken(at=NOW), *more])


def told(state: JobState | None = None, **fields: Any) -> Context:
    """The context of that job; `kept` are its artifacts."""
    kept: Kept = fields.pop("kept", Kept())
    given: dict[str, Any] = {"memory": (), "tools": offered(), "now": NOW, **fields}
    return Context(state=state or opened(), artifact=kept.fetch, keep=kept.keep, **given)
