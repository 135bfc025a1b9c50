"""A job's state, and what comes next.

The state is the fold of the job's events (`apply`); the next move is a pure function of that state (`next_move`). The
workflow, the activities and the rebuilding of tables all use these two and nothing else, so they cannot disagree.

    JobRequested ─▶ JobOpened ─▶ TakeTurn ─▶ ┌─▶ Decide ──▶ Act ─┐ ──▶ Close
                                    ▲        └───────◀───────────┘
                                    └── Wait ◀──┘  (a person's turn; the agent's turn is given back)
"""

from collections.abc import Iterable

from domain.answers import Finish, GiveUp, PlannedCall
from domain.events import JobEvent, JobFailed
from domain.facts import JobFacts
from domain.fold import fold
from domain.moves import Act, Close, Decide, Move, TakeTurn, Wait
from domain.todo import ItemStatus, TodoItem
from domain.todo_events import ItemsArchived


class JobState(JobFacts):
    """The facts, how events change them, and what comes next."""

    def apply(self, event: JobEvent) -> "JobState":
        """The state after one more event. Total: an event that does not fit changes the version only."""
        later = self.model_copy(update={"version": self.version + 1})
        if self.end and not isinstance(event, ItemsArchived):
            return later
        return fold(later, event).settled()

    def apply_all(self, events: Iterable[JobEvent]) -> "JobState":
        """The state after all of `events`, in their order."""
        state = self
        for event in events:
            state = state.apply(event)
        return state

    def next_move(self) -> Move | None:
        """What the job does next; `None` before it is opened and after its end."""
        if self.end or self.opened_at is None:
            return None
        if self.call:
            return Act(call=self.call.call, open=self.call.version)
        if self.cancelled:
            return Close(how="cancelled")
        if why := self.exhausted:
            return Close(how="failed", why=why)
        if blocking := self.blocked_by:
            return Wait(until=self.next_alarm, requests=tuple(request.id for request in blocking))
        if not self.has_turn:
            return TakeTurn()
        return self._carry_out()

    def _carry_out(self) -> Move:
        match self.intent:
            case PlannedCall() as call if not call.guarded or self.granted(call):
                if self.steps_done >= self.limits_steps:
                    return Close(how="failed", why=f"its limit of {self.limits_steps} steps is used up")
                return Act(call=call)
            case Finish():
                return Close(how="completed", why=self.intent.result)
            case GiveUp():
                return Close(how="failed", why=self.intent.reason)
            case _:
                return Decide()

    @property
    def status(self) -> str:
        """The row's word for where the job stands."""
        match self.end, self.next_move():
            case JobFailed(), _:
                return "failed"
            case None, None:
                return "pending"
            case None, Wait():
                return "waiting"
            case None, _:
                return "in_progress" if self.has_turn else "ready"
            case end, _:
                return "completed" if end and end.type == "JobCompleted" else "cancelled"

    def settled(self) -> "JobState":
        """With what follows from the rest: a waiting job has no turn, a working one exactly one item in progress."""
        has_turn = self.has_turn and self.end is None and not isinstance(self.next_move(), Wait)
        wanted = self._focus() if has_turn else None
        todo = tuple(item if item.status is ItemStatus.COMPLETED else _marked(item, wanted) for item in self.todo)
        return self.model_copy(update={"has_turn": has_turn, "todo": todo})

    def _focus(self) -> str | None:
        """The item at work: that of the call, else the first that can be worked on as it is."""
        open_items = [item for item in self.todo if item.status is not ItemStatus.COMPLETED]
        planned = self.call.call if self.call else self.intent
        names = [item.item for item in sorted(open_items, key=lambda item: bool(item.vague))]
        if isinstance(planned, PlannedCall) and planned.item in names:
            return planned.item
        return names[0] if names else None


def _marked(item: TodoItem, wanted: str | None) -> TodoItem:
    return item.start() if item.item == wanted else item.stop()
