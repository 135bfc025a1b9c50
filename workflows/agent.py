"""AgentWorkflow: one agent's queue and its turn. Its id is `agent/<agent>`.

The queue itself is the table `agent_tasks`; this workflow only moves it on. One job of an agent works at a time (a
unique index holds that); a job that waits for a person gives its turn back. The workflow ends when no job is open and
is started again by the next request (signal-with-start), so that it holds nothing that could be lost. A job whose
workflow is terminated loses the turn; upkeep, or whoever calls `longhaul recover`, has it started again.

It continues as new after a few jobs, long before Temporal suggests it: a worker keeps each agent's workflow in its
cache, and what that takes there grows with the history.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from activities.inputs import Next, NextJob
    from domain.events import JobRequested
    from workflows import face
    from workflows.job import JobWorkflow
    from workflows.options import options
    from workflows.starts import AgentStart, JobStart


@workflow.defn
class AgentWorkflow:
    """One agent."""

    @workflow.init
    def __init__(self, start: AgentStart) -> None:
        self.start = start
        self.requests = list(start.requests)
        self.news = True
        self.unsure = not start.running
        """Whether open jobs may have lost their workflows, which a first run cannot know: they are started."""
        self.first_turn_events = 0
        """How long the history was after the first turn."""

    @workflow.run
    async def run(self, start: AgentStart) -> None:
        """Takes requests into the queue and gives the turn to the next job, until no job is open."""
        open_jobs = 1
        while open_jobs or self.news or self.requests:
            await workflow.wait_condition(lambda: self.news or bool(self.requests))
            self.news = False
            await self._enqueue()
            open_jobs = await self._give_turn()
            if self._is_long():
                carried = {"requests": tuple(self.requests), "running": not self.unsure}
                workflow.continue_as_new(start.model_copy(update=carried))

    def _is_long(self) -> bool:
        events = workflow.info().get_current_history_length()
        self.first_turn_events = self.first_turn_events or events
        long = workflow.patched("short runs of an agent") and events - self.first_turn_events >= self.start.run_events
        return long or workflow.info().is_continue_as_new_suggested()

    @workflow.signal(description="Internal: `longhaul start` puts a job into the queue")
    def request_job(self, request: Any = None, *rest: Any) -> None:
        """A job request (`JobRequested` as JSON). The same request twice is one job."""
        try:
            asked = JobRequested.model_validate(request)
        except ValidationError as error:
            return workflow.logger.warning("a job request that does not parse was dropped: %s", error)
        if asked.objection:
            return workflow.logger.warning("the request of job %s was dropped: %s", asked.job, asked.objection)
        return self.requests.append(asked)

    @workflow.signal(description="Start every open job that does not run, as `longhaul recover` does; takes no input")
    def recover(self, *rest: Any) -> None:
        """Jobs may have lost their workflows: start every open one that does not run."""
        self.unsure = self.news = True

    @workflow.signal(description="Internal: a job waits, is ready or has ended")
    def job_changed(self, *rest: Any) -> None:
        """A job waits, is ready for its turn, or has ended."""
        self.news = True

    async def _enqueue(self) -> None:
        while self.requests:
            try:
                new = await workflow.execute_activity(
                    "enqueue",
                    self.requests[0],
                    result_type=bool,
                    summary=face.line(f"{self.requests[0].job}: {self.requests[0].goal}"),
                    **options("enqueue", self.start.timing),
                )
            except ActivityError as error:
                workflow.logger.warning("job %s was not queued: %s", self.requests[0].job, error.cause)
            else:
                if not new:  # its workflow may be lost; if it runs, nothing happens
                    await self._start_job(self.requests[0].job, self.requests[0].goal)
            self.requests.pop(0)

    async def _give_turn(self) -> int:
        """Starts or wakes the next job; returns how many jobs are open."""
        given = NextJob(agent=self.start.agent, opened=self.unsure)
        self.unsure = False  # before the wait: `recover` may be heard during it
        found: Next = await workflow.execute_activity(
            "next_job",
            given,
            result_type=Next,
            summary="also the jobs that may have lost their workflows" if given.opened else None,
            **options("next_job", self.start.timing),
        )
        workflow.set_current_details(face.agent_details(found))
        for job in found.opened:
            await self._start_job(job)
        if found.job and found.status == "pending":
            await self._start_job(found.job, found.goal)
        elif found.job:
            await self._offer_turn(found.job)
        return found.open_jobs

    async def _start_job(self, job: str, goal: str = "") -> None:
        try:
            started = await workflow.start_child_workflow(
                JobWorkflow.run,
                JobStart(job=job, timing=self.start.timing),
                id=f"job/{job}",
                task_timeout=timedelta(seconds=self.start.timing.workflow_task),
                static_summary=face.line(goal) or None,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("job %s is running already", job)
        else:
            started.add_done_callback(self._look_after)

    def _look_after(self, ended: "asyncio.Task[object]") -> None:
        """A job that comes to its end says so itself; one that was terminated cannot."""
        if not ended.cancelled() and ended.exception() is not None:
            self.news = True

    async def _offer_turn(self, job: str) -> None:
        try:
            await workflow.get_external_workflow_handle(f"job/{job}").signal("turn")
        except FailureError:
            await self._start_job(job)
