"""How each event changes the facts. Total: an event that does not fit changes nothing."""

from typing import assert_never

from domain import events as e
from domain import spoken as s
from domain import todo_events as t
from domain.erasure import TextErased
from domain.facts import FORK_DIGITS, Consent, Exchange, Request, Said
from domain.fold_calls import S, asked, calling, changed, settled_by, terms, without
from domain.fold_todo import listing
from domain.messages import Verdict

Lifecycle = (
    e.JobRequested | e.JobOpened | e.TurnTaken | e.TurnLost | e.LossAccepted | e.JobOverdue | e.StepFailed | e.End
)
Thinking = e.ModelAnswered | e.AnswerInvalid
Asking = e.ApprovalRequested | e.QuestionAsked | e.RequestVoided | e.Reminded | e.RequestExpired


def fold(state: S, event: e.JobEvent) -> S:
    """The facts after `event`; `state.version` is already the event's own."""
    match event:
        case e.JobRequested() | e.JobOpened() | e.TurnTaken() | e.TurnLost() | e.JobOverdue() | e.StepFailed():
            return _lifecycle(state, event)
        case e.LossAccepted():
            return _lifecycle(state, event)
        case TextErased():
            return state
        case e.JobCompleted() | e.JobFailed() | e.JobCancelled():
            return _lifecycle(state, event)
        case e.ModelAnswered() | e.AnswerInvalid():
            return _thinking(state, event)
        case e.PlanRevised() | e.TodoEdited():
            return listing(state, event)
        case t.VagueAnswered() | t.DoubtRaised() | t.ItemsWentStale() | t.ItemsArchived():
            return listing(state, event)
        case e.ApprovalRequested() | e.QuestionAsked() | e.RequestVoided() | e.Reminded() | e.RequestExpired():
            return _asking(state, event)
        case e.ToolCalled() | e.CallRenewed():
            return calling(state, event)
        case e.ToolReturned() | e.ToolFailed() | e.OutcomeUnknown() | e.LateOutcome():
            return calling(state, event)
        case _:
            return _people(state, event)


def _lifecycle(state: S, event: Lifecycle) -> S:
    match event:
        case e.JobRequested() if state.asked is None:
            return changed(state, asked=event)
        case e.JobOpened() if state.asked and state.opened_at is None:
            return changed(state, opened_at=event.at)
        case e.TurnTaken() if state.opened_at is not None:
            return changed(state, has_turn=True)
        case e.TurnLost():
            return changed(state, has_turn=False)
        case e.LossAccepted():
            return _forked(state, event)
        case e.JobOverdue():
            return changed(state, overdue=True)
        case e.StepFailed(kind="cancelled"):
            return state
        case e.StepFailed():
            return changed(state, failures=state.failures + 1, fault=f"{event.move}: {event.why}")
        case e.JobCompleted() | e.JobFailed() | e.JobCancelled():
            return changed(state, end=event, intent=None, requests=(), pause=None, has_turn=False)
        case _:
            return state


def _forked(state: S, event: e.LossAccepted) -> S:
    """The model decides anew, and is told what is known to have happened. A call that stands open keeps its key."""
    lost = f"the journal was restored from an older backup; the job had come to version {event.version}"
    told = f"{lost}, and had since: {'; '.join(event.known)}" if event.known else lost
    said = Said(by=event.by, text=told, revision=state.revision, version=state.version)
    intent = state.intent if state.call else None
    return changed(state, fork=event.hash[:FORK_DIGITS], information=(*state.information, said), intent=intent)


def _thinking(state: S, event: Thinking) -> S:
    match event:
        case e.ModelAnswered():
            return changed(
                state,
                intent=event.intent if event.revision == state.revision else None,
                cost=state.cost + event.usage.cost,
                invalid=0,
                influence=state.influence.with_(event.knew.read) if event.knew else state.influence,
                told=state.told.with_(event.knew.told) if event.knew else state.told,
                vague=0,
            )
        case e.AnswerInvalid():
            cost = state.cost + event.usage.cost
            return changed(state, invalid=state.invalid + 1, fault=event.why, cost=cost)
        case _:
            assert_never(event)


def _asking(state: S, event: Asking) -> S:
    match event:
        case e.ApprovalRequested():
            bound = {"args_hash": event.args_hash, "lasting": event.lasting}
            return asked(state, Request(id=state.version, kind="approval", **terms(event), **bound))
        case e.QuestionAsked():
            return asked(state, Request(id=state.version, kind="question", **terms(event)))
        case e.RequestVoided():
            consents = tuple(c for c in state.consents if c.request != event.request)
            return changed(state, requests=without(state, event.request), consents=consents)
        case e.Reminded():
            return _reminded(state, event.request)
        case e.RequestExpired():
            return _expired(state, event)
        case _:
            assert_never(event)


def _reminded(state: S, request_id: int) -> S:
    def once_more(request: Request) -> Request:
        return request.model_copy(update={"reminded": request.reminded + 1}) if request.id == request_id else request

    pause = once_more(state.pause) if state.pause else None
    return changed(state, pause=pause, requests=tuple(once_more(request) for request in state.requests))


def _expired(state: S, event: e.RequestExpired) -> S:
    request = state.request(event.request)
    match request and request.kind:
        case "approval":
            return _consent(state, event.request, "expired", by=None, why=event.default)
        case "question":
            return _answered(state, event.request, event.default, by=None)
        case "unknown_outcome":
            return settled_by(state, event.request, Verdict.SKIP, at=event.at, by="nobody in time")
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
    return changed(state, requests=without(state, request_id), consents=(*state.consents, consent), intent=intent)


def _answered(state: S, request_id: int, text: str, by: str | None) -> S:
    request = state.request(request_id)
    if request is None:
        return state
    exchange = Exchange(question=request.about, answer=text, by=by, asked=request_id)
    exchanges = (*state.exchanges, exchange)
    failures = state.failures if by is None else 0
    return changed(state, requests=without(state, request_id), exchanges=exchanges, intent=None, failures=failures)


def _people(state: S, event: s.SpokenEvent) -> S:
    match event:
        case s.RequirementChanged():
            said = Said(by=event.by, text=event.text, revision=event.revision, version=state.version)
            requirements = (*state.requirements, said)
            return changed(state, revision=event.revision, requirements=requirements, intent=None)
        case s.InformationGiven():
            said = Said(by=event.by, text=event.text, revision=state.revision, version=state.version)
            return changed(state, information=(*state.information, said))
        case s.QuestionAnswered():
            return _answered(state, event.request, event.text, event.by)
        case s.ApprovalGranted():
            return _consent(state, event.request, "granted", event.by, event.why)
        case s.ApprovalDenied():
            return _consent(state, event.request, "denied", event.by, event.why)
        case s.OutcomeSettled():
            return settled_by(state, event.request, event.verdict, at=event.at, by=event.by)
        case s.JobPaused():
            pause = Request(id=state.version, kind="pause", about=event.why, deadline=event.deadline)
            return changed(state, pause=state.pause or pause)
        case s.JobResumed():
            return changed(state, pause=None)
        case s.CancelRequested():
            return changed(state, cancelled=state.cancelled or event)
        case s.MessageRefused():
            return state
        case _:
            assert_never(event)
