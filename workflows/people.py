"""How people speak to a job: each message a signal, which works with no worker up, and an update that answers.

Handlers take plain JSON and only put it into the inbox; what does not parse is recorded as refused. An update's
validator refuses with the reason what would change nothing; an accepted update returns once the journal holds it.
"""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.hear import objection, parse
    from domain.job import JobState
    from domain.messages import FORMS, Message
    from domain.spoken import SpokenEvent
    from workflows.inbox import Inbox


KINDS = frozenset(FORMS)
"""What people can say: the names of the signals and of the updates."""

MEANINGS = {
    "tell": "A change of the requirements",
    "inform": "Information that changes no requirement",
    "answer": "The answer to a question, or sent, again or skip for an unknown outcome",
    "approve": "Consent to a request",
    "reject": "Dissent from a request",
    "pause": "Stop after the open call",
    "resume": "Go on",
    "cancel": "End the job, leaving nothing half-done",
}

SAYS = {kind: f"{MEANINGS[kind]}: {form}" for kind, form in FORMS.items()}
"""What the web UI says of a signal or an update."""


class People:
    """The handlers. `running` is the activity that a message with `now` cancels."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.state = JobState()
        self.running: workflow.ActivityHandle[Any] | None = None
        self.turn_offered = False
        self.news = False
        self.stopped = ""
        """Why the job stands still: the journal lacks what it has seen."""

    @workflow.signal(description="Internal: the agent offers its turn")
    def turn(self, *rest: Any) -> None:
        """The agent offers its turn."""
        self.turn_offered = True

    @workflow.signal(description="Internal: look at the journal again")
    def look(self, *rest: Any) -> None:
        """The journal holds something that this workflow has not asked for: a late outcome, an accepted loss."""
        self.news = True

    def hear(self, kind: str, said: Any) -> Message:
        """Puts a message into the inbox."""
        message = self.inbox.put(kind, said, workflow.now().timestamp())
        if message.now and self.running:
            self.running.cancel()
        return message

    async def hear_and_answer(self, kind: str, said: Any) -> SpokenEvent:
        """Puts a message into the inbox and returns the event that stands for it."""
        message = self.hear(kind, said)
        self.inbox.awaiting(message.message_id)
        await workflow.wait_condition(lambda: message.message_id in self.inbox.receipts)
        return self.inbox.take_receipt(message.message_id)

    def refuse(self, kind: str, said: Any) -> None:
        """Raises the reason why a message would change nothing now.

        A request that is newer than what this workflow has applied (it was reset) is for the journal to judge.
        """
        message = parse(kind, said, "unnamed", workflow.now().timestamp())
        if self.stopped and kind != "cancel":
            raise ApplicationError(self.stopped, type="Refused")
        if self.state.version < getattr(message, "request", 0):
            return
        if self.state.asked and (why := objection(self.state, message)):
            raise ApplicationError(why, type="Refused")

    @workflow.signal(name="tell", description=SAYS["tell"])
    def on_tell(self, said: Any = None, *rest: Any) -> None:
        self.hear("tell", whole(said, rest))

    @workflow.update(name="tell", description=SAYS["tell"])
    async def tell(self, said: Any = None, *rest: Any) -> SpokenEvent:
        return await self.hear_and_answer("tell", whole(said, rest))

    @tell.validator
    def may_tell(self, said: Any = None, *rest: Any) -> None:
        self.refuse("tell", whole(said, rest))

    @workflow.signal(name="inform", description=SAYS["inform"])
    def on_inform(self, said: Any = None, *rest: Any) -> None:
        self.hear("inform", whole(said, rest))

    @workflow.update(name="inform", description=SAYS["inform"])
    async def inform(self, said: Any = None, *rest: Any) -> SpokenEvent:
        return await self.hear_and_answer("inform", whole(said, rest))

    @inform.validator
    def may_inform(self, said: Any = None, *rest: Any) -> None:
        self.refuse("inform", whole(said, rest))

    @workflow.signal(name="answer", description=SAYS["answer"])
    def on_answer(self, said: Any = None, *rest: Any) -> None:
        self.hear("answer", whole(said, rest))

    @workflow.update(name="answer", description=SAYS["answer"])
    async def answer(self, said: Any = None, *rest: Any) -> SpokenEvent:
        return await self.hear_and_answer("answer", whole(said, rest))

    @answer.validator
    def may_answer(self, said: Any = None, *rest: Any) -> None:
        self.refuse("answer", whole(said, rest))

    @workflow.signal(name="approve", description=SAYS["approve"])
    def on_approve(self, said: Any = None, *rest: Any) -> None:
        self.hear("approve", whole(said, rest))

    @workflow.update(name="approve", description=SAYS["approve"])
    async def approve(self, said: Any = None, *rest: Any) -> SpokenEvent:
        return await self.hear_and_answer("approve", whole(said, rest))

    @approve.validator
    def may_approve(self, said: Any = None, *rest: Any) -> None:
        self.refuse("approve", whole(said, rest))

    @workflow.signal(name="reject", description=SAYS["reject"])
    def on_reject(self, said: Any = None, *rest: Any) -> None:
        self.hear("reject", whole(said, rest))

    @workflow.update(name="reject", description=SAYS["reject"])
    async def reject(self, said: Any = None, *rest: Any) -> SpokenEvent:
        return await self.hear_and_answer("reject", whole(said, rest))

    @reject.validator
    def may_reject(self, said: Any = None, *rest: Any) -> None:
        self.refuse("reject", whole(said, rest))

    @workflow.signal(name="pause", description=SAYS["pause"])
    def on_pause(self, said: Any = None, *rest: Any) -> None:
        self.hear("pause", whole(said, rest))

    @workflow.update(name="pause", description=SAYS["pause"])
    async def pause(self, said: Any = None, *rest: Any) -> SpokenEvent:
        return await self.hear_and_answer("pause", whole(said, rest))

    @pause.validator
    def may_pause(self, said: Any = None, *rest: Any) -> None:
        self.refuse("pause", whole(said, rest))

    @workflow.signal(name="resume", description=SAYS["resume"])
    def on_resume(self, said: Any = None, *rest: Any) -> None:
        self.hear("resume", whole(said, rest))

    @workflow.update(name="resume", description=SAYS["resume"])
    async def resume(self, said: Any = None, *rest: Any) -> SpokenEvent:
        return await self.hear_and_answer("resume", whole(said, rest))

    @resume.validator
    def may_resume(self, said: Any = None, *rest: Any) -> None:
        self.refuse("resume", whole(said, rest))

    @workflow.signal(name="cancel", description=SAYS["cancel"])
    def on_cancel(self, said: Any = None, *rest: Any) -> None:
        self.hear("cancel", whole(said, rest))

    @workflow.update(name="cancel", description=SAYS["cancel"])
    async def cancel(self, said: Any = None, *rest: Any) -> SpokenEvent:
        return await self.hear_and_answer("cancel", whole(said, rest))

    @cancel.validator
    def may_cancel(self, said: Any = None, *rest: Any) -> None:
        self.refuse("cancel", whole(said, rest))


def whole(said: Any, rest: tuple[Any, ...]) -> Any:
    """What was said. More than one argument is no message: it is kept, and refused, as it came."""
    return [said, *rest] if rest else said
