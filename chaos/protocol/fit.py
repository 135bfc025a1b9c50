"""What may stand after what: promises that can be read off the journal alone, checked as each row is appended.

They are stated against the state before the row and the core's own `next_move`, not against the judge, so that a judge
who lets too much pass is seen.
"""

from collections.abc import Set

from domain import events as e
from domain.job import JobState
from domain.moves import Act, Close, Decide, TakeTurn
from domain.spoken import SpokenEvent

OUTCOMES = (e.ToolReturned, e.ToolFailed, e.OutcomeUnknown)


def misfit(before: JobState, event: e.JobEvent, after: JobState, heard: Set[str], settled: Set[int]) -> str:
    """Why the event must not stand after that state, or nothing.

    `heard` are the message ids that stand already, `settled` the calls whose outcome does.
    """
    if isinstance(event, SpokenEvent):
        return f"the message {event.message_id!r} stands twice" if event.message_id in heard else ""
    if before.end and not isinstance(event, e.LateOutcome):
        return f"{event.type} stands after the end"
    if isinstance(event, OUTCOMES) and event.call in settled:
        return f"{event.type} of call {event.call} overwrites the outcome that stands"
    return _of_calls(before, event, after) or _of_moves(before, event) or _of_alarms(before, event)


def _of_calls(before: JobState, event: e.JobEvent, after: JobState) -> str:
    match event:
        case e.ToolReturned() | e.ToolFailed() | e.OutcomeUnknown() | e.CallRenewed() if not (
            before.call and before.call.version == event.call
        ):
            return f"{event.type} of call {event.call}, which is not open"
        case e.CallRenewed() if before.call_is_voided:
            return "a voided call is renewed, to be sent again"
        case e.OutcomeUnknown() if after.request(after.version) is None:
            return "an outcome is unknown and nobody is asked"
        case e.LateOutcome():
            unknown = before.unknown_call(event.call)
            return "" if unknown and unknown.happened is None else "a late outcome of what is no question"
        case _:
            return ""


def _of_moves(before: JobState, event: e.JobEvent) -> str:
    move = JobState.next_move(before)
    match event:
        case e.PlanRevised() | e.ModelAnswered() | e.AnswerInvalid() if not isinstance(move, Decide):
            return f"{event.type} stands where {_named(move)} is due"
        case e.ToolCalled() if not (isinstance(move, Act) and move.open is None):
            return f"ToolCalled stands where {_named(move)} is due"
        case e.JobCompleted() | e.JobFailed() | e.JobCancelled() if not isinstance(move, Close):
            return f"the job ends where {_named(move)} is due"
        case e.JobCompleted() if any(unknown.is_open for unknown in before.unknown):
            return "the job is completed while an outcome is unknown"
        case e.TurnTaken() if not isinstance(move, TakeTurn):
            return f"TurnTaken stands where {_named(move)} is due"
        case _:
            return ""


def _of_alarms(before: JobState, event: e.JobEvent) -> str:
    match event:
        case e.JobOverdue() if before.overdue:
            return "the job is overdue twice"
        case e.RequestExpired() | e.Reminded() if not (
            before.request(event.request) or (before.pause and before.pause.id == event.request)
        ):
            return f"{event.type} of request {event.request}, which is closed"
        case _:
            return ""


def _named(move: object) -> str:
    match move:
        case Act(open=int() as version):
            return f"settling call {version}"
        case None:
            return "nothing"
        case _:
            return type(move).__name__
