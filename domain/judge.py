"""Who may append what, and when: the protocol's preconditions, each a pure function.

An activity reads the journal, asks the judge, and appends what the judge says at exactly the version it has read. When
another append came first, it reads and asks again. So a precondition is checked in the transaction that appends.

    append      may stand when                                                      so of two attempts
    decision    nothing stands after the version seen, and the move is Decide       one is kept, both return it
    turn lost   the job has the turn (its workflow is gone, so nobody else writes)  one is kept
    loss        a person accepts it (its workflow has stopped)                      one is kept
    call        nothing stands after the version seen, and the move is that Act     one sends
    renewal     its call is open as it was seen, and not voided                     one sends again
    outcome     its call is still open (people's messages may stand between);       the first is kept
                "it failed" only while nobody has renewed it
    messages    their message ids are not there                                     each is kept once
    alarms      nothing stands after the version seen, and something is due         one is kept
    tidying     the items it names still wait, or are done and not archived         one is kept
    end         nothing stands after the version seen, and the move is Close        one is kept
"""

from collections.abc import Iterable, Set

from domain import events as e
from domain import todo_events as t
from domain.answers import PlannedCall
from domain.facts import DAY, OpenCall
from domain.frozen import Frozen
from domain.hear import hear
from domain.job import JobState
from domain.messages import Message
from domain.moves import Act, Close, Decide, TakeTurn
from domain.signed import Approvers
from domain.todo import DroppedItem, ItemResult, ItemStatus, Tidiness, TodoItem
from domain.words import printable


class Standing(Frozen):
    """What an activity found: the version its workflow has seen, the events after it, the state they lead to."""

    seen: int
    tail: tuple[e.AnyJobEvent, ...]
    state: JobState

    @property
    def undisturbed(self) -> bool:
        """Whether nothing stands after the version seen."""
        return not self.tail


def may_decide(standing: Standing) -> bool:
    return standing.undisturbed and isinstance(standing.state.next_move(), Decide)


def turn(standing: Standing, at: float) -> tuple[e.JobEvent, ...]:
    due = standing.undisturbed and isinstance(standing.state.next_move(), TakeTurn)
    return (e.TurnTaken(at=at),) if due else ()


def turn_lost(standing: Standing, at: float) -> tuple[e.JobEvent, ...]:
    return (e.TurnLost(at=at),) if standing.state.has_turn else ()


def loss(standing: Standing, event: e.LossAccepted, asked: e.JobRequested | None) -> tuple[e.JobEvent, ...]:
    """That a person accepts the loss, once; with the request first when the journal has lost even that."""
    if any(isinstance(known, e.LossAccepted) and known.hash == event.hash for known in standing.tail):
        return ()
    return (event,) if standing.state.asked or asked is None else (asked, event)


def call(standing: Standing, at: float, seconds: float) -> tuple[e.JobEvent, ...]:
    """The call that is due, with its hard deadline `seconds` from `at`; none if it stands already or is not due."""
    move = standing.state.next_move()
    if not (standing.undisturbed and isinstance(move, Act) and move.open is None):
        return ()
    state = standing.state
    step = state.steps_done + 1
    return (e.ToolCalled(call=move.call, revision=state.revision, step=step, at=at, deadline=at + seconds),)


def open_call(standing: Standing, version: int) -> OpenCall | None:
    """The call of that version, while it has no outcome."""
    found = standing.state.call
    return found if found and found.version == version else None


def renewal(standing: Standing, known: OpenCall, at: float, seconds: float) -> tuple[e.JobEvent, ...]:
    """A new deadline for a call that is sent again: only while nobody else has renewed, closed or voided it."""
    if standing.state.call != known or standing.state.call_is_voided:
        return ()
    return (e.CallRenewed(call=known.version, at=at, deadline=at + seconds),)


def outcome(
    standing: Standing, event: e.ToolReturned | e.ToolFailed | e.OutcomeUnknown, known: OpenCall | None = None
) -> tuple[e.JobEvent, ...]:
    """The outcome while its call is open; later, what its sender knows closes the question that was asked instead.

    `known` is the call as the attempt knows it that has sent nothing. When it was renewed since, another attempt may
    have sent it, and "nothing was sent" is not true of the call.
    """
    if found := open_call(standing, event.call):
        return (event,) if known is None or found == known else ()
    unknown = standing.state.unknown_call(event.call)
    if unknown is None or unknown.happened is not None:
        return ()
    match event:
        case e.ToolReturned():
            return (e.LateOutcome(call=event.call, happened=True, result=event.result, at=event.at),)
        case e.ToolFailed():
            result = ItemResult(text=event.why)
            return (e.LateOutcome(call=event.call, happened=False, result=result, at=event.at),)
        case _:
            return ()


def messages(
    standing: Standing, batch: Iterable[Message], recorded: Set[str], approvers: Approvers | None = None
) -> tuple[e.JobEvent, ...]:
    """An event for each message that has none yet; `recorded` are the message ids that the journal holds."""
    state, heard, events = standing.state, set(recorded), []
    for message in batch:
        if message.message_id in heard:
            continue
        event = hear(state, message, approvers)
        events.append(event)
        heard.add(message.message_id)
        state = state.apply(event)
    return tuple(events)


def alarms(standing: Standing, now: float) -> tuple[e.JobEvent, ...]:
    """The reminders and expiries that are due at `now` (the workflow's clock)."""
    state = standing.state
    if not standing.undisturbed or state.end:
        return ()
    if now >= state.deadline_at:
        return (e.JobOverdue(at=now),)
    waiting = (*state.requests, *((state.pause,) if state.pause else ()))
    due = [request for request in waiting if request.next_alarm <= now]
    return tuple(
        e.RequestExpired(request=request.id, default=request.deadline.default, at=now)
        if now >= request.deadline.until
        else e.Reminded(request=request.id, at=now)
        for request in due
    )


def tidying(standing: Standing, now: float, terms: Tidiness) -> tuple[e.JobEvent, ...]:
    """The items that waited too long by `now` leave an open job's list; what was done long ago is archived.

    What a call is open for, or the job means to do next, is not waiting: the job waits for it.
    """
    state = standing.state
    busy = {
        planned.item for planned in (state.call and state.call.call, state.intent) if isinstance(planned, PlannedCall)
    }
    old = [item for item in state.todo if item.status is ItemStatus.PENDING and item.item not in busy and not state.end]
    stale = tuple(
        DroppedItem(item=item.item, why=terms.why_stale)
        for item in old
        if item.added_at is not None and item.added_at < now - terms.stale_days * DAY
    )
    done = tuple(item.item for item in state.todo if _is_long_done(item, now - terms.archive_days * DAY))
    return (
        *((t.ItemsWentStale(dropped=stale, at=now),) if stale else ()),
        *((t.ItemsArchived(archived=done, why=terms.why_archived, at=now),) if done else ()),
    )


def _is_long_done(item: TodoItem, before: float) -> bool:
    return item.completed_at is not None and item.completed_at < before and not item.archived


def failure(standing: Standing, kind: e.FaultKind, why: str) -> tuple[e.JobEvent, ...]:
    """What to record of an activity that gave no result: nothing, if it had already done its work."""
    move = standing.state.next_move()
    if not standing.undisturbed or move is None:
        return ()
    return (e.StepFailed(move=type(move).__name__, kind=kind, why=printable(why)),)


def end(standing: Standing) -> tuple[e.JobEvent, ...]:
    move = standing.state.next_move()
    if not (standing.undisturbed and isinstance(move, Close)):
        return ()
    match move.how, standing.state.cancelled:
        case "completed", _:
            return (e.JobCompleted(result=move.why),)
        case "cancelled", request if request:
            return (e.JobCancelled(by=request.by, why=request.why),)
        case _:
            return (e.JobFailed(why=move.why),)
