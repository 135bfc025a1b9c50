"""From a model's answer to the events that stand for it, or the reason why it does not fit."""

from pydantic import ValidationError

from domain import events as e
from domain.answers import Answer, Ask, Decision, Finish, GiveUp, PlannedCall, Usage, UseTool
from domain.canonical import args_hash, canonical
from domain.errors import InvalidAnswer, Unstorable
from domain.facts import DAY, Consent
from domain.frozen import Frozen
from domain.job import JobState
from domain.messages import Deadline
from domain.todo import DroppedItem, ItemStatus, PlanItem, TodoItem
from domain.tools import Catalogue, ToolFacts
from domain.unclear import checked, refuse_vague
from domain.words import excerpt, printable

ARGS_BYTES = 4096
"""Arguments stay small: content goes by reference."""
APPROVAL_DEFAULT = "it is not done, and the job goes on without it"


class Terms(Frozen):
    """The clock of the workflow, and how long people have (days) with reminders that many days before the end."""

    now: float
    days: float = 7.0
    reminders_before: tuple[float, ...] = (3.0, 1.0)

    def deadline(self, default: str) -> Deadline:
        until = self.now + self.days * DAY
        reminders = tuple(until - days * DAY for days in self.reminders_before if days < self.days)
        return Deadline(until=until, default=default, reminders=reminders)


def parse(raw: object) -> Answer:
    """The answer that a model's JSON holds. Raises `InvalidAnswer` with the place and the reason."""
    try:
        return Answer.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "answer"
        raise InvalidAnswer(f"{place}: {first['msg']}") from error


def decided(
    state: JobState,
    answer: Answer,
    tools: Catalogue,
    terms: Terms,
    *,
    model: str,
    usage: Usage,
    knew: e.Knew | None = None,
) -> tuple[e.JobEvent, ...]:
    """The events of one valid answer, to be appended together. Raises `InvalidAnswer`."""
    plan = _plan(state, answer, terms.now)
    planned = state.apply(plan) if plan else state
    decision = _decision(planned, answer, tools)
    answered = e.ModelAnswered(
        revision=state.revision, model=model, says=answer.says, intent=decision, usage=usage, knew=knew
    )
    voided = _voided(state, decision)
    asked = _asked(state, decision, tools, terms)
    return (*((plan,) if plan else ()), answered, *voided, *asked)


def invalid(error: InvalidAnswer, raw: object, usage: Usage) -> e.AnswerInvalid:
    """The event for an answer that does not fit."""
    return e.AnswerInvalid(why=printable(str(error), 500), excerpt=excerpt(raw), usage=usage)


def _plan(state: JobState, answer: Answer, now: float) -> e.PlanRevised | None:
    if answer.plan is None:
        if state.planned_revision < state.revision:
            raise InvalidAnswer(f"plan: {_why_planned_anew(state)}")
        return None
    _refuse_repeats(answer.plan)
    items = checked(state, answer.plan)
    wanted = {item.item for item in items}
    new = [item.item for item in items if all(item.item != old.item for old in state.todo)]
    dropped = tuple(
        DroppedItem(item=old.item, why=_why_dropped(state, old, new))
        for old in state.todo
        if old.item not in wanted and old.status is not ItemStatus.COMPLETED
    )
    return e.PlanRevised(revision=state.revision, items=items, dropped=dropped, at=now)


def _why_planned_anew(state: JobState) -> str:
    if state.stale and not state.planned_revision:
        return f"items waited too long and left the list ({', '.join(state.stale[-5:])}); a new plan is needed"
    return f"revision {state.revision} of the requirements needs a new plan"


def _why_dropped(state: JobState, old: TodoItem, new: list[str]) -> str:
    if old.vague and new:
        return f"broken down into {', '.join(new[:5])}"
    return "no longer in the plan" if state.last_planned == state.revision else f"revision {state.revision}"


def _refuse_repeats(plan: tuple[PlanItem, ...]) -> None:
    for name, values in (("item", [i.item for i in plan]), ("text", [i.text for i in plan])):
        repeated = next((value for n, value in enumerate(values) if value in values[:n]), None)
        if repeated is not None:
            raise InvalidAnswer(f"plan: the {name} {repeated!r} stands there twice")


def _decision(state: JobState, answer: Answer, tools: Catalogue) -> Decision:
    match answer.intent:
        case UseTool() as use:
            return _call(state, use, tools)
        case Finish() as finish:
            undone = [item.item for item in state.todo if item.status is not ItemStatus.COMPLETED]
            waiting = {unknown.open.call.item for unknown in state.unknown if unknown.is_open}
            if left := [item for item in undone if item not in waiting]:
                raise InvalidAnswer(f"finish: these items are not completed: {', '.join(left[:5])}")
            return finish
        case Ask() | GiveUp() as other:
            return other


def _call(state: JobState, use: UseTool, tools: Catalogue) -> PlannedCall:
    facts = tools.get(use.tool)
    if facts is None:
        raise InvalidAnswer(f"tool: there is no {use.tool!r}; there are {', '.join(sorted(tools))}")
    item = next((item for item in state.todo if item.item == use.item), None)
    if item is None or item.status is ItemStatus.COMPLETED:
        raise InvalidAnswer(f"item: {use.item!r} is not an open item of the plan")
    refuse_vague(item)
    args = _checked(facts, use)
    batch = facts.batch(args)
    call = PlannedCall(
        tool=use.tool,
        args=args,
        args_hash=args_hash(use.tool, args),
        effect=facts.effect,
        guarded=facts.guarded,
        item=use.item,
        completes=use.completes,
        summary=facts.summary(args)[:200],
        part=use.part,
        batch=batch.digest if batch else None,
        capability=facts.capability,
    )
    _refuse_denied(state, call.consent)
    return call


def _checked(facts: ToolFacts, use: UseTool) -> dict[str, object]:
    try:
        args = facts.check(dict(use.args))
        size = len(canonical(args))
    except (ValueError, Unstorable) as error:
        raise InvalidAnswer(f"args of {use.tool}: {error}") from error
    if size > ARGS_BYTES:
        raise InvalidAnswer(f"args of {use.tool}: {size} bytes, at most {ARGS_BYTES}; pass content by reference")
    return args


def _refuse_denied(state: JobState, wanted: str) -> None:
    for consent in state.consents:
        if consent.args_hash == wanted and consent.revision == state.revision and consent.verdict != "granted":
            raise InvalidAnswer(f"exactly this was {consent.verdict} (request {consent.request})")


def _voided(state: JobState, decision: Decision) -> tuple[e.RequestVoided, ...]:
    kept = (decision.args_hash, decision.consent) if isinstance(decision, PlannedCall) else ()
    question = decision.question if isinstance(decision, Ask) else None
    why = "the job now means to do something else"
    stale = [r.id for r in state.requests if r.kind == "approval" and r.args_hash not in kept]
    stale += [r.id for r in state.requests if r.kind == "question" and r.about != question]
    stale += [c.request for c in state.consents if c.verdict == "granted" and _is_stale(c, decision, kept)]
    return tuple(e.RequestVoided(request=request, why=why) for request in stale)


def _is_stale(consent: Consent, decision: Decision, kept: tuple[str, ...]) -> bool:
    """A consent to one call holds for the next call only; one to a batch, until something else needs consent."""
    if consent.lasting and not (isinstance(decision, PlannedCall) and decision.guarded):
        return False
    return consent.args_hash not in kept


def _asked(state: JobState, decision: Decision, tools: Catalogue, terms: Terms) -> tuple[e.JobEvent, ...]:
    match decision:
        case PlannedCall(guarded=True):
            known = state.granted(decision) or any(r.args_hash == decision.consent for r in state.requests)
            return () if known else (_approval(decision, tools, terms),)
        case Ask():
            known = any(r.kind == "question" and r.about == decision.question for r in state.requests)
            return (
                () if known else (e.QuestionAsked(about=decision.question, deadline=terms.deadline(decision.default)),)
            )
        case _:
            return ()


def _approval(call: PlannedCall, tools: Catalogue, terms: Terms) -> e.ApprovalRequested:
    batch = tools[call.tool].batch(call.args)
    return e.ApprovalRequested(
        args_hash=call.consent,
        about=batch.about[:300] if batch else call.summary,
        deadline=terms.deadline(APPROVAL_DEFAULT),
        lasting=batch is not None,
    )
