"""The job types: which model answers, and which inputs a request must bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, ValidationError

from agents.mail.address import Address
from agents.model import Model
from agents.playbooks.mailing import Mailing
from agents.playbooks.survey import Survey
from domain.errors import Refused
from domain.events import Limits


def _absolute(path: str) -> str:
    if not Path(path).is_absolute():
        raise ValueError("it must be an absolute path")
    return path


class SurveyInputs(BaseModel):
    """A survey looks through `folder`, and mails its report to `email` if there is one."""

    model_config = ConfigDict(extra="forbid")

    folder: Annotated[str, AfterValidator(_absolute)]
    email: Address | None = None


class MailingInputs(BaseModel):
    """A mailing sends `template` to the `recipients`, a CSV file with a column `email`."""

    model_config = ConfigDict(extra="forbid")

    recipients: Annotated[str, AfterValidator(_absolute)]
    template: Annotated[str, AfterValidator(_absolute)]


class GeneralInputs(BaseModel):
    """A general job is told all in its goal. Files for it lie in the agent's directory."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class JobType:
    """A kind of job. `goal` is its sentence when the request brings none; `{name}` stands for an input."""

    model: Model | None
    """Its playbook; without one, the language model that is set answers."""
    inputs: type[BaseModel]
    goal: str
    paths: tuple[str, ...] = ()
    """Inputs that name a path, which the command line takes relative to where it is called."""
    steps: int = Limits().steps
    """The limit of tool calls when the request brings none."""
    tools: tuple[str, ...] | None = None
    """The names of the tools that it may use; None stands for all."""

    def checked(self, inputs: dict[str, Any]) -> dict[str, JsonValue]:
        """The inputs, checked and complete. Raises `Refused` with the input and what would be right."""
        try:
            return self.inputs.model_validate(inputs).model_dump(mode="json", exclude_none=True)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            known = ", ".join(self.inputs.model_fields) or "no inputs"
            place = ".".join(str(part) for part in first["loc"])
            raise Refused(f"input {place}: {first['msg']}; this job type takes {known}") from error


GENERAL_TOOLS = (
    "list_files",
    "read_file",
    "search_files",
    "write_file",
    "http_get",
    "send_email",
    "remember",
    "recall",
    "forget",
    "complete",
)

JOB_TYPES: dict[str, JobType] = {
    "survey": JobType(model=Survey(), inputs=SurveyInputs, goal="Survey {folder}", paths=("folder",)),
    "mailing": JobType(
        model=Mailing(),
        inputs=MailingInputs,
        goal="Mail {template} to {recipients}",
        paths=("recipients", "template"),
        steps=250_000,
    ),
    "general": JobType(model=None, inputs=GeneralInputs, goal="", tools=GENERAL_TOOLS),
}


def job_type(name: str, known: Mapping[str, JobType] = JOB_TYPES) -> JobType:
    """The job type of that name. Raises `Refused` naming those that there are."""
    if name not in known:
        raise Refused(f"there is no job type {name!r}; there are: {', '.join(known)}")
    return known[name]
