"""UpkeepWorkflow: one for each installation, which every few minutes has started again what lost its workflow.

It holds nothing: whatever becomes of it, the next worker that starts has it run again.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from workflows.options import options
    from workflows.starts import UpkeepStart


@workflow.defn
class UpkeepWorkflow:
    """Looks, and rests."""

    @workflow.init
    def __init__(self, start: UpkeepStart) -> None:
        self.start = start

    @workflow.run
    async def run(self, start: UpkeepStart) -> None:
        """Goes on for ever, in a new run whenever the history has grown."""
        while not workflow.info().is_continue_as_new_suggested():
            await workflow.sleep(timedelta(seconds=self.start.every), summary="until the next look")
            try:
                await workflow.execute_activity(
                    "keep_up", result_type=list[str], **options("keep_up", self.start.timing)
                )
            except ActivityError as error:
                workflow.logger.warning("no upkeep this time: %s", error.cause)
        workflow.continue_as_new(self.start)

    @workflow.signal(description="Internal: a worker that starts says by which settings to go on")
    def settle(self, start: UpkeepStart) -> None:
        """What a worker that has just started is told by its settings holds from the next look on."""
        self.start = start
