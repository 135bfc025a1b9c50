"""How calls of tools change the facts: from the call to its outcome, and whatever is said of it later."""

from typing import Any, TypeVar, assert_never

from domain import events as e
from domain.answers import PlannedCall
from domain.facts import STEPS_KEPT, Consent, JobFacts, OpenCall, Request, Step, UnknownCall
from domain.messages import Verdict
from domain.parts import with_part
from domain.todo import ItemId, ItemResult, TodoItem

S = TypeVar("S", bound=JobFacts)

Calling = e.ToolCalled | e.CallRenewed | e.ToolReturned | e.ToolFailed | e.OutcomeUnknown | e.LateOutcome


def calling(state: S, event: Calling) -> S:
    match event:
        case e.ToolCalled() if state.call is None:
            opened = OpenCall(
                version=state.version,
                fork=state.fork,
                **event.model_dump(include={"call", "revision", "step", "at", "deadline"}),
            )
            return changed(state, call=opened)
        case e.CallRenewed() if state.call and event.call == state.call.version:
            return changed(state, call=state.call.model_copy(update={"deadline": event.deadline}))
        case e.ToolReturned() if state.call and event.call == state.call.version:
            paths = {file.path for file in event.files}
            files = (*(file for file in state.files if file.path not in paths), *event.files)
            call = state.call
            done = _spent(_done(state, call.call, event.at, event.result), call)
            return changed(
                _step(done, call, "returned", event.result, event.at),
                files=files,
                failures=0,
                read=state.read.with_(event.trust),
            )
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
    return changed(state, call=None, intent=None, steps_done=state.steps_done + 1, steps=steps)


def _spent(state: S, open_call: OpenCall) -> S:
    unspent = tuple(c for c in state.consents if c.verdict != "granted" or c.args_hash != open_call.call.args_hash)
    return changed(state, consents=unspent)


def _done(state: S, call: PlannedCall, at: float, result: ItemResult) -> S:
    """What the call was to do is done: its part of the work counts, and its item may be completed."""
    parts = state.parts if call.part is None else with_part(state.parts, call.part)
    counted = tuple(_counted(item) if item.item == call.item else item for item in state.todo)
    todo = state.todo if parts == state.parts else counted
    return changed(state, parts=parts, todo=_ticked(todo, call.item, at, result) if call.completes else todo)


def _counted(item: TodoItem) -> TodoItem:
    return item.model_copy(update={"parts_done": item.parts_done + 1})


def _ticked(todo: tuple[TodoItem, ...], item_id: ItemId, at: float, result: ItemResult) -> tuple[TodoItem, ...]:
    return tuple(item.complete(at, result) if item.item == item_id else item for item in todo)


def _failed(state: S, open_call: OpenCall, event: e.ToolFailed) -> S:
    """A part that can never work is set aside and counts as no failure of the job: the others may well work."""
    call = open_call.call
    failed = _step(state, open_call, "failed", ItemResult(text=event.why), event.at)
    if call.part is not None and event.kind == "invalid":
        return changed(failed, refused_parts=with_part(state.refused_parts, call.part))
    failures = state.failures if event.kind == "cancelled" else state.failures + 1
    return changed(failed, failures=failures, fault=f"{call.tool}: {event.why}")


def _given_up(state: S, open_call: OpenCall, event: e.OutcomeUnknown) -> S:
    request = Request(id=state.version, kind="unknown_outcome", **terms(event), args_hash=open_call.call.args_hash)
    doubted = asked(
        _step(_spent(state, open_call), open_call, "unknown", ItemResult(text=event.why), event.at), request
    )
    return changed(doubted, unknown=(*state.unknown, UnknownCall(open=open_call, request=request.id)), failures=0)


def settled_by(state: S, request_id: int, verdict: Verdict, at: float, by: str) -> S:
    unknown = next((u for u in state.unknown if u.request == request_id and u.verdict is None), None)
    if unknown is None:
        return state
    known = _replaced(state, unknown.model_copy(update={"verdict": verdict}))
    state = changed(state, unknown=known, requests=without(state, request_id))
    call = unknown.open.call
    match verdict:
        case Verdict.SENT:
            result = ItemResult(text=f"{by} says that it went out")
            return changed(_done(state, call, at, result), intent=None)
        case Verdict.SKIP:
            rest = tuple(item for item in state.todo if item.item != call.item)
            return changed(state, todo=rest if call.part is None else state.todo, intent=None)
        case Verdict.AGAIN:
            consent = Consent(
                request=request_id, args_hash=call.args_hash, revision=state.revision, verdict="granted", by=by
            )
            return changed(state, consents=(*state.consents, consent), intent=call)
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
    closed = changed(state, unknown=calls, requests=without(state, unknown.request))
    spared = unknown.verdict is Verdict.AGAIN and state.call is None and state.intent == call
    if unknown.verdict is not None and not (spared and event.happened):
        return closed
    known = _done(closed, call, event.at, event.result) if event.happened else closed
    return changed(_spent(known, unknown.open), intent=None)


def changed(state: S, **changes: Any) -> S:
    return state.model_copy(update=changes)


def terms(event: e.ApprovalRequested | e.QuestionAsked | e.OutcomeUnknown) -> dict[str, Any]:
    return {"about": event.about, "deadline": event.deadline}


def asked(state: S, request: Request) -> S:
    return changed(state, requests=(*state.requests, request))


def without(state: JobFacts, request_id: int) -> tuple[Request, ...]:
    return tuple(request for request in state.requests if request.id != request_id)
