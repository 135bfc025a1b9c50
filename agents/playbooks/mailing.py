"""The mailing: reads a list and a template, asks for one consent to the whole batch, and sends it mail by mail.

    prepare ──▶ (rows that cannot be mailed: ask) ──▶ mail, row by row, one consent ──▶ sum up
      ▲ reload                                         only, skip: fewer rows of the same batch

A playbook is a pure function of its job and of the artifacts that the job names. A repeat hurts here most: a row that
is done, refused for good, in doubt or given up by a person is not mailed again unless a person says so.
"""

from collections.abc import Iterable

from agents.model import Context, Reply
from agents.playbooks import mailing_words
from agents.playbooks.mailing_plan import group_of, is_planned, plan, prepare_item
from agents.playbooks.mailing_questions import Reply as Said
from agents.playbooks.mailing_questions import about_failures, about_faults, reply_to, stopped
from agents.playbooks.mailing_view import View, seen
from agents.tools.mail_from_batch import NAME as MAIL
from agents.tools.mail_from_batch import consent_to
from domain.answers import Answer, Ask, Finish, GiveUp, Intent, UseTool
from domain.todo import ItemStatus, PlanItem


class Mailing:
    """The model of `mailing` jobs. Inputs: `recipients` and `template`, two absolute paths."""

    name = "mailing"

    async def reply(self, context: Context) -> Reply:
        """One answer."""
        return Reply(answer=answer(await seen(context)).model_dump(mode="json"))


def answer(view: View) -> Answer:
    """The plan as it now must be, and the first thing to do."""
    if view.prepared is None:
        return _reading(view)
    if why := _against(view):
        return Answer(says="Nothing more is to be mailed.", plan=(), intent=GiveUp(reason=why))
    if question := _faults(view):
        revised = view.context.state.planned_revision < view.context.state.revision
        return Answer(
            says="Some rows cannot be mailed.", plan=() if revised or view.open_items else None, intent=question
        )
    return _mailing(view)


def _reading(view: View) -> Answer:
    item = prepare_item(view)
    state = view.context.state
    if any(one.item == item.item and one.status is ItemStatus.COMPLETED for one in state.todo):
        why = "the reading of the files was ticked off by hand, so that there is nothing to mail"
        return Answer(says="There is nothing to mail.", plan=(), intent=GiveUp(reason=why))
    there = state.planned_revision == state.revision and [one.item for one in view.open_items] == [item.item]
    plan_ = None if there else (item,)
    if view.heard.question:
        return Answer(says="A requirement is not clear.", plan=plan_, intent=view.heard.question)
    inputs = state.asked.inputs if state.asked else {}
    args = {name: inputs.get(name) for name in ("recipients", "template")}
    use = UseTool(tool="prepare_mailing", args={**args, "reading": view.reading}, item=item.item)
    return Answer(says=item.text, plan=plan_, intent=use)


def _against(view: View) -> str:
    """Why nothing more may be mailed, or nothing."""
    assert view.prepared is not None
    state = view.context.state
    if view.prepared.data.get("faults") and reply_to(state, about_faults(view.reading, view.prepared)) is Said.STOP:
        return "nobody wanted it mailed as it is: there are rows that cannot be mailed"
    wanted = consent_to(view.digest)
    against = [consent for consent in state.consents if consent.args_hash == wanted and consent.verdict != "granted"]
    if against:
        return mailing_words.against(against[-1])
    return f"people stopped it. {mailing_words.result(view)}" if stopped(state) else ""


def _faults(view: View) -> Ask | None:
    """What must be asked about rows that cannot be mailed."""
    assert view.prepared is not None
    if not view.prepared.data.get("faults"):
        return None
    question = about_faults(view.reading, view.prepared)
    agreed = reply_to(view.context.state, question) is Said.GO_ON and view.batch.mails
    return None if agreed else question


def _mailing(view: View) -> Answer:
    state = view.context.state
    there = state.planned_revision == state.revision and is_planned(view)
    items = None if there else plan(view)
    question = view.heard.question or about_failures(state, MAIL)
    if question:
        return Answer(says="This must be asked first.", plan=items, intent=question)
    says, intent = _next(view, view.open_items if items is None else items)
    return Answer(says=says, plan=items, intent=intent)


def _next(view: View, items: Iterable[PlanItem]) -> tuple[str, Intent]:
    for item in items:
        if item.item == view.sum_up:
            return item.text, _complete(item.item, mailing_words.result(view))
        if intent := _of_group(view, item.item):
            return item.text, intent
    return "The mailing is done.", Finish(result=mailing_words.result(view))


def _of_group(view: View, item: str) -> Intent | None:
    """The next mail of the item's group, or its completion; None while all that is left is in doubt."""
    group = group_of(view, item)
    assert group is not None
    undone = list(view.undone(group))
    free = [(row, to) for row, to in undone if row not in view.held]
    if free:
        row, to = _first(view, free)
        alone = len(free) == 1 and not any(row in view.in_doubt for row, _ in undone)
        return _mail(view, item, row, to, completes=alone)
    if any(row in view.in_doubt for row, _ in undone):
        return None
    return _complete(item, mailing_words.group(view, group))


def _first(view: View, free: list[tuple[int, str]]) -> tuple[int, str]:
    """The first row that did not just fail: one that cannot be mailed now must not hold up the others."""
    failed = {step.part for step in view.context.state.steps if step.outcome == "failed"}
    return next(((row, to) for row, to in free if row not in failed), free[0])


def _mail(view: View, item: str, row: int, to: str, *, completes: bool) -> UseTool:
    args = {"batch": view.digest, "row": row, "to": to, "mails": view.batch.mails, "subject": view.batch.subject}
    return UseTool(tool=MAIL, args=args, item=item, completes=completes, part=row)


def _complete(item: str, note: str) -> UseTool:
    return UseTool(tool="complete", args={"note": note}, item=item)
