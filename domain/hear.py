"""What becomes of a message: one event, which says what it changed or why it changed nothing."""

from typing import Any, assert_never

from pydantic import ValidationError

from domain import messages as m
from domain import spoken as s
from domain.facts import DAY
from domain.job import JobState
from domain.signed import Approvers
from domain.words import excerpt, printable

PAUSE_REMINDER_DAYS = 7


def parse(kind: str, said: Any, message_id: str, at: float) -> m.Message:
    """The message that plain JSON holds; what does not parse becomes `Garbled` and keeps its words."""
    fields = said if isinstance(said, dict) else {"text": said} if isinstance(said, str) else {}
    claimed = fields.get("message_id")
    known = claimed if isinstance(claimed, str) and 0 < len(claimed) <= 200 and claimed.isprintable() else message_id
    try:
        return m.MESSAGE.validate_python({"by": "unknown", **fields, "message_id": known, "at": at, "kind": kind})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        fault = printable(f"{'.'.join(str(part) for part in first['loc'][1:]) or kind}: {first['msg']}", 350)
        fault += f"; right is {m.FORMS[kind]}" if kind in m.FORMS else ""
        return m.Garbled(message_id=known, by="unknown", at=at, said=excerpt(said), fault=fault)


def objection(state: JobState, message: m.Message) -> str:
    """Why the message would change nothing now, or nothing: the rule of both the Update validators and the record."""
    if isinstance(message, m.Garbled):
        return f"it is not a valid message: {message.fault}"
    if state.end:
        return f"the job has ended ({state.status})"
    match message:
        case m.Approve() | m.Reject():
            return _approval_objection(state, message)
        case m.AnswerRequest():
            return _answer_objection(state, message)
        case m.Pause() if state.pause:
            return "the job is paused already"
        case m.Resume() if not state.pause:
            return "the job is not paused"
        case m.Cancel() if state.cancelled:
            return "the job is being cancelled already"
        case _:
            return ""


def hear(state: JobState, message: m.Message, approvers: Approvers | None = None) -> s.SpokenEvent:
    """The event for a message. A refused message stands in the journal too, with the reason.

    With `approvers`, a consent must be signed by one of them.
    """
    said: dict[str, Any] = {"message_id": message.message_id, "by": message.by, "at": message.at}
    if why := objection(state, message) or (approvers.objection(state, message) if approvers else ""):
        return s.MessageRefused(**said, kind=message.kind, said=_words(message), why=why)
    match message:
        case m.Tell():
            return s.RequirementChanged(**said, revision=state.revision + 1, text=message.text)
        case m.Inform():
            return s.InformationGiven(**said, text=message.text)
        case m.AnswerRequest() if _kind(state, message.request) == "unknown_outcome":
            return s.OutcomeSettled(
                **said, request=message.request, verdict=m.Verdict(message.text), signature=message.signature
            )
        case m.AnswerRequest():
            return s.QuestionAnswered(**said, request=message.request, text=message.text)
        case _:
            return _consented_or_steered(state, message, said)


def _consented_or_steered(state: JobState, message: m.Message, said: dict[str, Any]) -> s.SpokenEvent:
    match message:
        case m.Approve():
            request = state.request(message.request)
            assert request is not None and request.args_hash is not None
            given = {"args_hash": request.args_hash, "why": message.why, "signature": message.signature}
            return s.ApprovalGranted(**said, request=request.id, **given)
        case m.Reject():
            return s.ApprovalDenied(**said, request=message.request, why=message.why)
        case m.Pause():
            return s.JobPaused(**said, why=message.why, deadline=_pause_deadline(state, message.at))
        case m.Resume():
            return s.JobResumed(**said, why=message.why)
        case m.Cancel():
            return s.CancelRequested(**said, why=message.why)
        case m.Tell() | m.Inform() | m.AnswerRequest() | m.Garbled():
            raise AssertionError(message)
        case _:
            assert_never(message)


def _approval_objection(state: JobState, message: m.Approve | m.Reject) -> str:
    request = state.request(message.request)
    if request is None or request.kind != "approval":
        return _no_such_request(state, message.request, "approval")
    if isinstance(message, m.Approve) and message.args_hash not in (None, request.args_hash):
        return "the arguments have changed since they were shown; look at the request again"
    return ""


def _answer_objection(state: JobState, message: m.AnswerRequest) -> str:
    match _kind(state, message.request):
        case "question":
            return ""
        case "unknown_outcome" if message.text in tuple(m.Verdict):
            return ""
        case "unknown_outcome":
            return f"it takes one of {', '.join(m.Verdict)}, not {message.text!r}"
        case "approval":
            return f"request {message.request} is an approval: approve or reject it"
        case _:
            return _no_such_request(state, message.request, "question")


def _no_such_request(state: JobState, request_id: int, kind: str) -> str:
    consent = next((c for c in state.consents if c.request == request_id), None)
    if consent:
        return f"request {request_id} is {consent.verdict} already"
    open_now = ", ".join(f"{request.id} ({request.kind})" for request in state.requests) or "none"
    return f"no open {kind} has the number {request_id}; open requests: {open_now}"


def _kind(state: JobState, request_id: int) -> str | None:
    request = state.request(request_id)
    return request.kind if request else None


def _pause_deadline(state: JobState, at: float) -> m.Deadline:
    reminders = tuple(at + week * PAUSE_REMINDER_DAYS * DAY for week in range(1, 53))
    before = tuple(reminder for reminder in reminders if reminder < state.deadline_at)
    return m.Deadline(until=state.deadline_at, default="the job fails, its deadline having passed", reminders=before)


def _words(message: m.Message) -> str:
    match message:
        case m.Garbled():
            return message.said
        case m.Tell() | m.Inform() | m.AnswerRequest():
            return message.text
        case _:
            return getattr(message, "why", "")
