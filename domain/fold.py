"""How each event changes the facts. Total: an event that does not fit changes nothing."""

from typing import Any, TypeVar, assert_never

from domain import events as e
from domain import spoken as s
from domain.answers import PlannedCall
from domain.facts import (
    FORK_DIGITS,
    STEPS_KEPT,
    Consent,
    Exchange,
    JobFacts,
    OpenCall,
    Request,
    Said,
    Step,
    UnknownCall,
)
from domain.messages import Verdict
from domain.parts import with_part
from domain.todo import ItemId, ItemResult, ItemStatus, PlanItem, TodoItem

S = TypeVar("S", bound=JobFacts)

Lifecycle = (
    e.JobRequested | e.JobOpened | e.TurnTaken | e.TurnLost | e.LossAccepted | e.JobOverdue | e.StepFailed | e.End
)
Thinking = e.ModelAnswered | e.AnswerInvalid | e.PlanRevised | e.TodoEdited
Asking = e.ApprovalRequested | e.QuestionAsked | e.RequestVoided | e.Reminded | e.RequestExpired
Calling = e.ToolCalled | e.CallRenewed | e.ToolReturned | e.ToolFailed | e.OutcomeUnknown | e.LateOutcome


def fold(state: S, event: e.JobEvent) -> S:
    """The facts after `event`; `state.version` is already the event's own."""
    match event:
        case e.JobRequested() | e.JobOpened() | e.TurnTaken() | e.TurnLost() | e.JobOverdue() | e.StepFailed():
            return _lifecycle(state, event)
        case e.LossAccepted():
            return _lifecycle(state, event)
        case e.JobCompleted() | e.JobFailed() | e.JobCancelled():
            return _lifecycle(state, event)
        case e.ModelAnswered() | e.AnswerInvalid() | e.PlanRevised() | e.TodoEdited():
            return _thinking(state, event)
        case e.ApprovalRequested() | e.QuestionAsked() | e.RequestVoided() | e.Reminded() | e.RequestExpired():
            return _asking(state, event)
        case e.ToolCalled() | e.CallRenewed():
            return _calling(state, event)
        case e.ToolReturned() | e.ToolFailed() | e.OutcomeUnknown() | e.LateOutcome():
            return _calling(state, event)
        case _:
            return _people(state, event)


def _with(state: S, **changes: Any) -> S:
    return state.model_copy(update=changes)


def _lifecycle(state: S, event: Lifecycle) -> S:
    match event:
        case e.JobRequested() if state.asked is None:
            return _with(state, asked=event)
        case e.JobOpened() if state.asked and state.opened_at is None:
            return _with(state, opened_at=event.at)
        case e.TurnTaken() if state.opened_at is not None:
            return _with(state, has_turn=True)
        case e.TurnLost():
            return _with(state, has_turn=False)
        case e.LossAccepted():
            return _forked(state, event)
        case e.JobOverdue():
            return _with(state, overdue=True)
        case e.StepFailed(kind="cancelled"):
            return state
        case e.StepFailed():
            return _with(state, failures=state.failures + 1, fault=f"{event.move}: {event.why}")
        case e.JobCompleted() | e.JobFailed() | e.JobCancelled():
            return _with(state, end=event, intent=None, requests=(), pause=None, has_turn=False)
        case _:
            return state


def _forked(state: S, event: e.LossAccepted) -> S:
    """The model decides anew, and is told what is known to have happened. A call that stands open keeps its key."""
    lost = f"the journal was restored from an older backup; the job had come to version {event.version}"
    told = f"{lost}, and had since: {'; '.join(event.known)}" if event.known else lost
    said = Said(by=event.by, text=told, revision=state.revision)
    intent = state.intent if state.call else None
    return _with(state, fork=event.hash[:FORK_DIGITS], information=(*state.information, said), intent=intent)


def _thinking(state: S, event: Thinking) -> S:
    match event:
        case e.ModelAnswered():
            return _with(
                state,
                intent=event.intent if event.revision == state.revision else None,
                cost=state.cost + event.usage.cost,
                invalid=0,
            )
        case e.AnswerInvalid():
            cost = state.cost + event.usage.cost
            return _with(state, invalid=state.invalid + 1, fault=event.why, cost=cost)
        case e.PlanRevised():
            return _with(state, todo=_planned(state, event.items), planned_revision=event.revision)
        case e.TodoEdited():
            return _edited(state, event)
        case _:
            assert_never(event)


def _planned(state: JobFacts, items: tuple[PlanItem, ...]) -> tuple[TodoItem, ...]:
    done = tuple(item for item in state.todo if item.status is ItemStatus.COMPLETED)
    kept = {item.item for item in done}
    begun = {item.item: item.parts_done for item in state.todo}
    return done + tuple(_listed(new, begun.get(new.item, 0)) for new in items if new.item not in kept)


def _listed(new: PlanItem, parts_done: int = 0) -> TodoItem:
    return TodoItem(item=new.item, text=new.text, parts=new.parts, parts_done=parts_done)


def _edited(state: S, event: e.TodoEdited) -> S:
    gone = {item.item for item in event.dropped}
    todo = {item.item: item for item in state.todo if item.item not in gone or item.status is ItemStatus.COMPLETED}
    todo |= {new.item: _listed(new) for new in event.added if new.item not in todo}
    for ticked in event.ticked:
        if ticked in todo and todo[ticked].status is not ItemStatus.COMPLETED:
            todo[ticked] = todo[ticked].complete(event.at, ItemResult(text=f"ticked by {event.by}"))
    place = {item: n for n, item in enumerate(event.order)}
    ordered = tuple(sorted(todo.values(), key=lambda item: place.get(item.item, len(place))))
    return _with(state, todo=ordered, intent=state.intent if state.call else None)


def _asking(state: S, event: Asking) -> S:
    match event:
        case e.ApprovalRequested():
            bound = {"args_hash": event.args_hash, "lasting": event.lasting}
            return _ask(state, Request(id=state.version, kind="approval", **_terms(event), **bound))
        case e.QuestionAsked():
            return _ask(state, Request(id=state.version, kind="question", **_terms(event)))
        case e.RequestVoided():
            consents = tuple(c for c in state.consents if c.request != event.request)
            return _with(state, requests=_without(state, event.request), consents=consents)
        case e.Reminded():
            return _reminded(state, event.request)
        case e.RequestExpired():
            return _expired(state, event)
        case _:
            assert_never(event)


def _terms(event: e.ApprovalRequested | e.QuestionAsked | e.OutcomeUnknown) -> dict[str, Any]:
    return {"about": event.about, "deadline": event.deadline}


def _ask(state: S, request: Request) -> S:
    return _with(state, requests=(*state.requests, request))


def _without(state: JobFacts, request_id: int) -> tuple[Request, ...]:
    return tuple(request for request in state.requests if request.id != request_id)


def _reminded(state: S, request_id: int) -> S:
    def once_more(request: Request) -> Request:
        return request.model_copy(update={"reminded": request.reminded + 1}) if request.id == request_id else request

    pause = once_more(state.pause) if state.pause else None
    return _with(state, pause=pause, requests=tuple(once_more(request) for request in state.requests))


def _expired(state: S, event: e.RequestExpired) -> S:
    request = state.request(event.request)
    match request and request.kind:
        case "approval":
            return _consent(state, event.request, "expired", by=None, why=event.default)
        case "question":
            return _answered(state, event.request, event.default, by=None)
        case "unknown_outcome":
            return _settled_by(state, event.request, Verdict.SKIP, at=event.at, by="nobody in time")
        case _:
            return state


def _consent(state: S, request_id: int, verdict: str, by: str | None, why: str) -> S:
    request = state.request(request_id)
    if request is None or request.args_hash is None:
        return state
    consent = Consent.model_validate(
        {
            "request": request_id,
            "args_hash": request.args_hash,
            "revision": state.revision,
            "verdict": verdict,
            "by": by,
            "why": why,
            "lasting": request.lasting,
            "about": request.about,
        }
    )
    intent = state.intent if verdict == "granted" else None
    return _with(state, requests=_without(state, request_id), consents=(*state.consents, consent), intent=intent)


def _answered(state: S, request_id: int, text: str, by: str | None) -> S:
    request = state.request(request_id)
    if request is None:
        return state
    exchange = Exchange(question=request.about, answer=text, by=by)
    exchanges = (*state.exchanges, exchange)
    failures = state.failures if by is None else 0
    return _with(state, requests=_without(state, request_id), exchanges=exchanges, intent=None, failures=failures)


def _calling(state: S, event: Calling) -> S:
    match event:
        case e.ToolCalled() if state.call is None:
            opened = OpenCall(
                version=state.version,
                fork=state.fork,
                **event.model_dump(include={"call", "revision", "step", "at", "deadline"}),
            )
            return _with(state, call=opened)
        case e.CallRenewed() if state.call and event.call == state.call.version:
            return _with(state, call=state.call.model_copy(update={"deadline": event.deadline}))
        case e.ToolReturned() if state.call and event.call == state.call.version:
            paths = {file.path for file in event.files}
            files = (*(file for file in state.files if file.path not in paths), *event.files)
            call = state.call
            done = _spent(_done(state, call.call, event.at, event.result), call)
            return _with(_step(done, call, "returned", event.result, event.at), files=files, failures=0)
        case e.ToolFailed() if state.call and event.call == state.call.version:
            return _failed(state, state.call, event)
        case e.OutcomeUnknown() if state.call and event.call == state.call.version:
            return _given_up(state, state.call, event)
        case e.LateOutcome():
            return _late(state, event)
        case _:
            return state


def _step(state: S, open_call: OpenCall, outcome: str, result: ItemResult, at: float) -> S:
    """The call is closed: it counts, and the model decides anew."""
    call = open_call.call
    step = Step.model_validate(
        {
            "number": open_call.step,
            "call": open_call.version,
            "tool": call.tool,
            "item": call.item,
            "summary": call.summary,
            "outcome": outcome,
            "text": result.text,
            "at": at,
            "part": call.part,
            "ref": result.ref,
        }
    )
    steps = (*state.steps, step)[-STEPS_KEPT:]
    return _with(state, call=None, intent=None, steps_done=state.steps_done + 1, steps=steps)


def _spent(state: S, open_call: OpenCall) -> S:
    unspent = tuple(c for c in state.consents if c.verdict != "granted" or c.args_hash != open_call.call.args_hash)
    return _with(state, consents=unspent)


def _done(state: S, call: PlannedCall, at: float, result: ItemResult) -> S:
    """What the call was to do is done: its part of the work counts, and its item may be completed."""
    parts = state.parts if call.part is None else with_part(state.parts, call.part)
    counted = tuple(_counted(item) if item.item == call.item else item for item in state.todo)
    todo = state.todo if parts == state.parts else counted
    return _with(state, parts=parts, todo=_ticked(todo, call.item, at, result) if call.completes else todo)


def _counted(item: TodoItem) -> TodoItem:
    return item.model_copy(update={"parts_done": item.parts_done + 1})


def _ticked(todo: tuple[TodoItem, ...], item_id: ItemId, at: float, result: ItemResult) -> tuple[TodoItem, ...]:
    return tuple(item.complete(at, result) if item.item == item_id else item for item in todo)


def _failed(state: S, open_call: OpenCall, event: e.ToolFailed) -> S:
    """A part that can never work is set aside and counts as no failure of the job: the others may well work."""
    call = open_call.call
    failed = _step(state, open_call, "failed", ItemResult(text=event.why), event.at)
    if call.part is not None and event.kind == "invalid":
        return _with(failed, refused_parts=with_part(state.refused_parts, call.part))
    failures = state.failures if event.kind == "cancelled" else state.failures + 1
    return _with(failed, failures=failures, fault=f"{call.tool}: {event.why}")


def _given_up(state: S, open_call: OpenCall, event: e.OutcomeUnknown) -> S:
    request = Request(id=state.version, kind="unknown_outcome", **_terms(event), args_hash=open_call.call.args_hash)
    asked = _ask(_step(_spent(state, open_call), open_call, "unknown", ItemResult(text=event.why), event.at), request)
    return _with(asked, unknown=(*state.unknown, UnknownCall(open=open_call, request=request.id)), failures=0)


def _settled_by(state: S, request_id: int, verdict: Verdict, at: float, by: str) -> S:
    unknown = next((u for u in state.unknown if u.request == request_id and u.verdict is None), None)
    if unknown is None:
        return state
    known = _replaced(state, unknown.model_copy(update={"verdict": verdict}))
    state = _with(state, unknown=known, requests=_without(state, request_id))
    call = unknown.open.call
    match verdict:
        case Verdict.SENT:
            result = ItemResult(text=f"{by} says that it went out")
            return _with(_done(state, call, at, result), intent=None)
        case Verdict.SKIP:
            rest = tuple(item for item in state.todo if item.item != call.item)
            return _with(state, todo=rest if call.part is None else state.todo, intent=None)
        case Verdict.AGAIN:
            consent = Consent(
                request=request_id, args_hash=call.args_hash, revision=state.revision, verdict="granted", by=by
            )
            return _with(state, consents=(*state.consents, consent), intent=call)
        case _:
            assert_never(verdict)


def _replaced(state: JobFacts, changed: UnknownCall) -> tuple[UnknownCall, ...]:
    return tuple(changed if u.open.version == changed.open.version else u for u in state.unknown)


def _late(state: S, event: e.LateOutcome) -> S:
    """Closes the question. What a person has already decided stands, unless "again" can still be spared."""
    unknown = state.unknown_call(event.call)
    if unknown is None or unknown.happened is not None:
        return state
    call = unknown.open.call
    calls = _replaced(state, unknown.model_copy(update={"happened": event.happened}))
    closed = _with(state, unknown=calls, requests=_without(state, unknown.request))
    spared = unknown.verdict is Verdict.AGAIN and state.call is None and state.intent == call
    if unknown.verdict is not None and not (spared and event.happened):
        return closed
    known = _done(closed, call, event.at, event.result) if event.happened else closed
    return _with(_spent(known, unknown.open), intent=None)


def _people(state: S, event: s.SpokenEvent) -> S:
    match event:
        case s.RequirementChanged():
            said = Said(by=event.by, text=event.text, revision=event.revision)
            requirements = (*state.requirements, said)
            return _with(state, revision=event.revision, requirements=requirements, intent=None)
        case s.InformationGiven():
            said = Said(by=event.by, text=event.text, revision=state.revision)
            return _with(state, information=(*state.information, said))
        case s.QuestionAnswered():
            return _answered(state, event.request, event.text, event.by)
        case s.ApprovalGranted():
            return _consent(state, event.request, "granted", event.by, event.why)
        case s.ApprovalDenied():
            return _consent(state, event.request, "denied", event.by, event.why)
        case s.OutcomeSettled():
            return _settled_by(state, event.request, event.verdict, at=event.at, by=event.by)
        case s.JobPaused():
            pause = Request(id=state.version, kind="pause", about=event.why, deadline=event.deadline)
            return _with(state, pause=state.pause or pause)
        case s.JobResumed():
            return _with(state, pause=None)
        case s.CancelRequested():
            return _with(state, cancelled=state.cancelled or event)
        case s.MessageRefused():
            return state
        case _:
            assert_never(event)
