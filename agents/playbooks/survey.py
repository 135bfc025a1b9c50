"""The survey: lists a folder, reads it group by group, compares, reports, remembers, and mails when it may.

A playbook is a model without a language model: a pure function from the job as it stands to the next answer. Nothing
is kept between two answers, so a worker that dies loses nothing, and a person may change anything in between.
"""

from collections.abc import Callable

from pydantic import JsonValue

from agents.model import Context, Reply
from agents.playbooks import survey_words
from agents.playbooks.survey_mail import mail, mail_args
from agents.playbooks.survey_plan import Line, compare_line, globs_for, lines, readings
from agents.playbooks.survey_view import LIST, View
from domain.answers import Answer, Ask, Finish, GiveUp, UseTool
from domain.todo import ItemStatus, PlanItem


class Survey:
    """The model of `survey` jobs. Inputs: `folder` (an absolute path), and `email` (optional)."""

    name = "survey"

    async def reply(self, context: Context) -> Reply:
        """One answer. Pure: the same context gives the same answer."""
        return Reply(answer=answer(View(context)).model_dump(mode="json"))


def answer(view: View) -> Answer:
    """The plan as it now must be, and the first thing to do."""
    if why := view.hopeless:
        return Answer(says="This cannot be surveyed.", plan=(), intent=GiveUp(reason=why))
    whole = [line for line in lines(view) if line.tool != "send_email" or mail(view, line).wanted]
    to_do = [line for line in whole if line.item not in view.results]
    says, intent = _next(view, to_do)
    return Answer(says=says, plan=_plan(view, to_do), intent=intent)


def _plan(view: View, to_do: list[Line]) -> tuple[PlanItem, ...] | None:
    """The new plan; none when the TODO list says the same already."""
    state = view.context.state
    wanted = tuple(PlanItem(item=line.item, text=line.text) for line in to_do)
    there = {(item.item, item.text) for item in state.todo if item.status is not ItemStatus.COMPLETED}
    same = there == {(item.item, item.text) for item in wanted}
    return None if same and state.planned_revision == state.revision else wanted


def _next(view: View, to_do: list[Line]) -> tuple[str, Ask | UseTool | Finish]:
    if question := view.wishes.question:
        return "A requirement is not clear.", question
    for line in to_do:
        if line.tool != "send_email" or mail(view, line).due:
            return line.text, UseTool(tool=line.tool, args=ARGS[line.tool](view, line), item=line.item)
    return "The survey is done.", Finish(result=survey_words.result(view))


def _list_args(view: View, line: Line) -> dict[str, JsonValue]:
    return {"folder": view.folder}


def _read_args(view: View, line: Line) -> dict[str, JsonValue]:
    assert line.group is not None
    focus, ignore = globs_for(view, line.group)
    return {
        "folder": view.folder,
        "listing": view.results[LIST].ref,
        "group": line.group.id,
        "name": line.group.name,
        "focus": list(focus),
        "ignore": list(ignore),
    }


def _compare_args(view: View, line: Line) -> dict[str, JsonValue]:
    read = (view.results.get(reading.item) for reading in readings(view))
    return {
        "folder": view.folder,
        "listing": view.results[LIST].ref,
        "readings": [result.ref for result in read if result and result.ref],
        "previous": view.previous,
        "focus": list(view.wishes.focus),
        "ignore": list(view.wishes.ignore),
    }


def _write_args(view: View, line: Line) -> dict[str, JsonValue]:
    return {"snapshot": view.results[compare_line(view).item].ref, "title": view.title}


def _remember_args(view: View, line: Line) -> dict[str, JsonValue]:
    return {"memories": survey_words.memories(view)}


def _mail_args(view: View, line: Line) -> dict[str, JsonValue]:
    return mail_args(view) or {}


ARGS: dict[str, Callable[[View, Line], dict[str, JsonValue]]] = {
    "list_folder": _list_args,
    "read_files": _read_args,
    "compare_surveys": _compare_args,
    "write_report": _write_args,
    "remember": _remember_args,
    "send_email": _mail_args,
}
