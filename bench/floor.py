"""The raw floor: a Temporal workflow that does nothing but two no-op activities a step."""

from datetime import timedelta

from temporalio import activity, workflow


@activity.defn
async def noop_decide(step: int) -> int:
    """Thinks nothing."""
    return step


@activity.defn
async def noop_act(step: int) -> int:
    """Does nothing."""
    return step


@workflow.defn
class FloorWorkflow:
    """The cheapest durable loop that Temporal allows."""

    @workflow.run
    async def run(self, steps: int) -> int:
        """Makes `steps` steps."""
        patience = timedelta(seconds=60)
        for step in range(steps):
            await workflow.execute_activity(noop_decide, step, start_to_close_timeout=patience)
            await workflow.execute_activity(noop_act, step, start_to_close_timeout=patience)
        return steps
