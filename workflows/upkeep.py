"""UpkeepWorkflow: one for each installation. Every few minutes it has started again what lost its workflow, and old
memories compacted; once a day of UTC it has the page written of the day that is over.

It holds nothing but the day of the last page: whatever becomes of it, the next worker that starts has it run again.
"""

import asyncio
from datetime import date, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from workflows.options import options
    from workflows.starts import UpkeepStart

SETTLED = timedelta(minutes=10)
"""So long after midnight the day before is looked back at: clocks differ, and what is committed late is in it too."""


@workflow.defn
class UpkeepWorkflow:
    """Looks, and rests."""

    @workflow.init
    def __init__(self, start: UpkeepStart) -> None:
        self.start = start
        self.reported = start.reported
        self.round: asyncio.Task[None] | None = None
        self.page: asyncio.Task[None] | None = None

    @workflow.run
    async def run(self, start: UpkeepStart) -> None:
        """Goes on for ever, in a new run whenever the history has grown."""
        while not workflow.info().is_continue_as_new_suggested():
            await workflow.sleep(timedelta(seconds=self.start.every), summary="until the next look")
            await self._done("keep_up", workflow.now().timestamp())
            if self.start.compacts and (self.round is None or self.round.done()):
                self.round = asyncio.create_task(self._compact())
            if self._is_due and (self.page is None or self.page.done()) and workflow.patched("daily-page"):
                self.page = asyncio.create_task(self._report(self._yesterday))
        for begun in filter(None, (self.round, self.page)):
            await begun
        workflow.continue_as_new(self.start.model_copy(update={"reported": self.reported}))

    @property
    def _yesterday(self) -> date:
        return (workflow.now() - SETTLED).date() - timedelta(days=1)

    @property
    def _is_due(self) -> bool:
        return self.start.reports and self.reported != self._yesterday

    async def _report(self, day: date) -> None:
        """A page that could not be written is tried again at the next look."""
        if await self._done("report_day", day.isoformat()):
            self.reported = day

    async def _compact(self) -> None:
        """One agent after the other. Models may take minutes; the next look does not wait for them."""
        for agent in await self._done("due_for_compaction"):
            await self._done("compact", agent)

    async def _done(self, activity: str, *given: Any) -> list[str]:
        """What the activity says; nothing when it failed: there is a next time."""
        try:
            found: list[str] = await workflow.execute_activity(
                activity, args=given, result_type=list[str], **options(activity, self.start.timing)
            )
        except ActivityError as error:
            workflow.logger.warning("no %s this time: %s", activity, error.cause)
            return []
        return found

    @workflow.signal(description="Internal: a worker that starts says by which settings to go on")
    def settle(self, start: UpkeepStart) -> None:
        """What a worker that has just started is told by its settings holds from the next look on."""
        self.start = start
