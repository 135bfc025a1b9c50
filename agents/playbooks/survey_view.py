"""What the survey's playbook sees of its job: read off the state, never remembered."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from pydantic import JsonValue, TypeAdapter, ValidationError

from agents.model import Context
from agents.playbooks.survey_wishes import Wishes, wishes
from agents.survey.documents import Group
from agents.survey.words import plain
from domain.canonical import canonical
from domain.errors import ToolInvalid
from domain.sections import Section
from domain.todo import ItemResult, ItemStatus

MAX_FOLDER = 1000
MAX_TOPIC = 200
LIST = "list"
"""The id of the item that lists the folder: the same for all revisions."""
_GROUPS = TypeAdapter(tuple[Group, ...])
_SNAPSHOT = re.compile(r"\bsnapshot ([0-9a-f]{64})\b")


@dataclass(frozen=True)
class View:
    """One moment of one survey."""

    context: Context

    @cached_property
    def folder(self) -> str:
        given = self.context.state.asked.inputs.get("folder") if self.context.state.asked else None
        return given if isinstance(given, str) else ""

    @property
    def folder_name(self) -> str:
        return plain(self.folder, 120)

    @cached_property
    def wishes(self) -> Wishes:
        return wishes(self.context.state)

    @property
    def title(self) -> str:
        name = plain(PurePosixPath(self.folder).name, 80) or self.folder_name
        return self.wishes.title or f"Survey of {name}"

    @cached_property
    def results(self) -> dict[str, ItemResult]:
        """The results of the completed items; an item that a person ticked has one without data."""
        done = (item for item in self.context.state.todo if item.status is ItemStatus.COMPLETED)
        return {item.item: item.result or ItemResult() for item in done}

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups of the listing; none before it is there."""
        listed = self.results.get(LIST, ItemResult())
        try:
            return _GROUPS.validate_python(listed.data.get("groups", []), strict=False)
        except ValidationError:
            return ()

    @property
    def topic(self) -> str:
        """Under which the agent remembers surveys of this folder."""
        short = len(self.folder) <= MAX_TOPIC and self.folder.isprintable()
        return f"survey:{self.folder if short else fingerprint(self.folder)}"

    @property
    def previous(self) -> str | None:
        """The snapshot of the last survey of this folder: as it was when this job first compared."""
        for item, result in self.results.items():
            if item.startswith("compare:") and "previous" in result.data:
                found = result.data["previous"]
                return found if isinstance(found, str) else None
        return self._remembered()

    def _remembered(self) -> str | None:
        own = self.context.state.asked.job if self.context.state.asked else ""
        for entry in reversed(self.context.memory):
            if (entry.section, entry.topic) == (Section.PROJECTS, self.topic) and (entry.job != own or not own):
                found = _SNAPSHOT.search(entry.text)
                return found.group(1) if found else None
        return None

    @property
    def hopeless(self) -> str:
        """Why this survey can never be made, or nothing."""
        if not self.folder.startswith("/") or len(self.folder) > MAX_FOLDER or "\0" in self.folder:
            return "a survey needs the input `folder`, an absolute path of up to 1,000 characters, such as /srv/project"
        steps = self.context.state.steps
        if LIST in self.results or not steps or (steps[-1].item, steps[-1].outcome) != (LIST, "failed"):
            return ""
        never = str(ToolInvalid(""))[:-1]
        found = steps[-1].text.startswith(never)
        return steps[-1].text.removeprefix(never).lstrip(": ") if found else ""

    def was_deleted(self, item: str) -> bool:
        """Whether a person took the item off the list since the plan for these requirements was made."""
        state = self.context.state
        known = item in state.stale or any(one.item == item for one in state.todo)
        return state.last_planned == state.revision and not self.wishes.amended and not known


def fingerprint(*of: JsonValue) -> str:
    """Eight characters that change with any of the values."""
    return hashlib.sha256(canonical(list(of))).hexdigest()[:8]
