"""JobWorkflow: one agent's job, from its opening to its end, however long that takes.

The workflow holds the folded state and asks it for the next move; activities make the move and return what the journal
then says; the workflow applies that, whatever it is. Everything else (retries, Reset, continue-as-new, a lost server)
follows from this loop.
"""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities import inputs
    from activities.inputs import WAITED, Seen, Tail
    from domain.head import Head
    from domain.job import JobState
    from domain.moves import Act, Close, Decide, Move, TakeTurn, Wait
    from domain.spoken import SpokenEvent
    from workflows import face
    from workflows.failures import fault_of, is_journal_behind
    from workflows.inbox import Inbox
    from workflows.options import options, queue_of
    from workflows.people import People
    from workflows.starts import JobResult, JobStart

R = TypeVar("R")

TURN_PATIENCE = timedelta(seconds=60)
"""How long a job waits for its agent's word before it asks for the turn again."""


@workflow.defn
class JobWorkflow(People):
    """One job. Its id is `job/<job>`."""

    @workflow.init
    def __init__(self, start: JobStart) -> None:
        self.start = start
        super().__init__(Inbox(workflow.info().first_execution_run_id, start.inbox, start.unnamed))
        self.head = start.seen or Head()
        self.heard_last = False
        self.heard_temporal = False
        self.turn_offered = False

    @workflow.run
    async def run(self, start: JobStart) -> JobResult:
        """The whole story of a job."""
        await self._open()
        while move := self.state.next_move():
            await self._continue_as_new_when_due()
            self._hear_temporal()
            with contextlib.suppress(asyncio.CancelledError):  # heard as the loop comes round
                self._apply(await self._tail_of(move))
        while self.inbox:  # said after the end: recorded as refused, never dropped
            self._apply(await self._record())
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._tell_agent()
        return self._result()

    @workflow.query(description="How far the job has followed its journal; `longhaul recover` asks")
    def seen(self) -> Seen:
        """How far this workflow has followed the journal, to be compared with how far the journal goes."""
        return Seen(asked=self.state.asked, head=self.head, steps=self.state.steps, stopped=self.stopped)

    def _hear_temporal(self) -> None:
        """A job cancelled in Temporal itself hears it as if a person had said so, whatever it was waiting for.

        The reason stays where the exception may be lost: an activity that ends well although it was cancelled hides it.
        """
        reason = workflow.cancellation_reason()
        if reason is not None and not self.heard_temporal:
            self.heard_temporal = True
            self.inbox.put("cancel", {"by": "Temporal", "why": reason}, _now())

    async def _tail_of(self, move: Move) -> Tail:
        try:
            return await self._people_or(move)
        except ActivityError as error:
            return await self._read_on(error)

    async def _people_or(self, move: Move) -> Tail:
        """People and moves alternate, so that a storm of messages starves neither."""
        if self.inbox and not (self.heard_last and not isinstance(move, Wait)):
            self.heard_last = True
            return await self._record()
        self.heard_last = False
        match move:
            case TakeTurn():
                return await self._take_turn()
            case Decide():
                return await self._do("decide")
            case Act():
                return await self._do("act", move.call.capability)
            case Wait():
                return await self._wait(move)
            case Close():
                return await self._do("close_job")

    async def _open(self) -> None:
        given = inputs.OpenJob(job=self.start.job, request=self.start.request, seen=self.start.seen, now=_now())
        while True:
            try:
                opened = await self._start("open_job", given, inputs.Opened)
            except asyncio.CancelledError:  # what cannot be recorded yet is heard when the job is open
                continue
            except ActivityError as error:
                if is_cancelled_exception(error):
                    continue
                if not is_journal_behind(error):
                    raise
                return await self._journal_is_behind(error)
            else:
                return self._become(opened.state, opened.head)

    async def _do(self, activity: str, capability: str = "") -> Tail:
        given = inputs.Move(job=self.start.job, seen=self.head, now=_now())
        return await self._start(activity, given, Tail, capability)

    async def _record(self) -> Tail:
        given = inputs.Record(job=self.start.job, seen=self.head, now=_now(), messages=self.inbox.batch())
        return await self._start("record", given, Tail)

    async def _take_turn(self) -> Tail:
        tail = await self._do("take_turn")
        if not tail.events:
            await self._tell_agent()
            await self._until(
                lambda: bool(self.inbox) or self.turn_offered, TURN_PATIENCE, "waits for its agent's turn"
            )
        self.turn_offered = False
        return tail

    async def _wait(self, move: Wait) -> Tail:
        """Waits for people, or for an outcome that comes late. In time is what came before the timer fired."""
        await self._tell_agent()
        kind, since = self.state.blocked_by[0].kind, _now()
        left = timedelta(seconds=max(0.001, move.until - since))
        await self._until(lambda: bool(self.inbox) or self.news, left, face.waiting(self.state, move.until))
        waited = workflow.metric_meter().create_histogram_float(WAITED, "how long a job waited for a person", "seconds")
        waited.record(_now() - since, {"kind": kind})
        self.news = False
        return Tail(after=self.state.version, head=self.head) if self.inbox else await self._do("expire")

    async def _read_on(self, error: ActivityError) -> Tail:
        """An activity gave no result; the journal says what is true."""
        if is_journal_behind(error):
            await self._journal_is_behind(error)
            return Tail(after=self.state.version, head=self.head)
        kind, why = fault_of(error)
        given = inputs.ReadOn(job=self.start.job, seen=self.head, now=_now(), kind=kind, why=why)
        return await self._start("read_on", given, Tail)

    async def _journal_is_behind(self, error: ActivityError) -> None:
        """The journal lacks what this job has seen. Nothing is written over the gap until a person accepts the loss.

        What people say waits meanwhile, and is heard before anything else is done.
        """
        _, self.stopped = fault_of(error)
        workflow.upsert_search_attributes([face.JOB_STATUS.value_set(face.BEHIND)])
        while self.stopped:
            workflow.set_current_details(face.stopped(self.stopped))
            try:
                await self._until(lambda: self.news, None)
                self.news = False
                await self._reopen()
            except asyncio.CancelledError:  # put into the inbox, where it waits
                self.news = True
        workflow.upsert_search_attributes(face.attributes(self.state))

    async def _reopen(self) -> None:
        """Looks whether the journal has by now what this job has seen, or says that its loss was accepted."""
        asked = self.state.asked or self.start.request
        given = inputs.OpenJob(job=self.start.job, request=asked, seen=self.head, now=_now())
        try:
            opened = await self._start("open_job", given, inputs.Opened)
        except ActivityError as still:
            _, self.stopped = fault_of(still)
        else:
            self.stopped = ""
            self._become(opened.state, opened.head)

    async def _start(self, activity: str, given: Any, result: type[R], capability: str = "") -> R:
        handle: workflow.ActivityHandle[R] = workflow.start_activity(
            activity,
            given,
            result_type=result,
            summary=face.summary(self.state, activity, given),
            task_queue=queue_of(workflow.info().task_queue, capability),
            **options(activity, self.start.timing),
        )
        self.running = handle if activity in ("decide", "act") else None
        try:
            return await handle
        finally:
            self.running = None

    def _apply(self, tail: Tail) -> None:
        heard = [event for event in tail.events if isinstance(event, SpokenEvent)]
        self.inbox.recorded([*heard, *tail.receipts])
        self._become(self.state.apply_all(tail.events), tail.head)

    def _become(self, state: JobState, head: Head) -> None:
        before, self.state, self.head = self.state, state, head
        if face.worth_telling(before, state):
            workflow.upsert_search_attributes(face.attributes(state))
        workflow.set_current_details(face.details(state))

    async def _continue_as_new_when_due(self) -> None:
        if not workflow.info().is_continue_as_new_suggested():
            return
        while not workflow.all_handlers_finished():
            self._apply(await self._record())
        kept = {"seen": self.head, "inbox": self.inbox.rest(), "unnamed": self.inbox.unnamed}
        workflow.continue_as_new(self.start.model_copy(update=kept))

    async def _until(self, condition: Any, limit: timedelta | None, what: str | None = None) -> None:
        """Waits, `limit` at the longest, with a timer that says what for."""
        self._hear_temporal()  # it may have come while the agent was told, which hides it as well
        try:
            await workflow.wait_condition(condition, timeout=limit, timeout_summary=what)
        except TimeoutError:
            return

    async def _tell_agent(self) -> None:
        """The agent learns that this job waits, is ready or has ended. One that is gone is no trouble of the job's."""
        if self.state.asked is None:
            return
        agent = workflow.get_external_workflow_handle(f"agent/{self.state.asked.agent}")
        try:
            await agent.signal("job_changed", args=[self.start.job, self.state.status])
        except FailureError:
            workflow.logger.info("no agent workflow for job %s", self.start.job)

    def _result(self) -> JobResult:
        end = self.state.end
        text = getattr(end, "result", "") or getattr(end, "why", "")
        return JobResult(
            job=self.start.job, status=self.state.status, text=text, steps=self.state.steps_done, head=self.head
        )


def _now() -> float:
    return workflow.now().timestamp()
