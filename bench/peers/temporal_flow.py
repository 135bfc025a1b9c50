"""The workflow of `on_temporal`; one must not be defined in a module that is run as `__main__`."""

from datetime import timedelta

from temporalio import workflow


@workflow.defn
class Effects:
    """One activity an effect, with the time-out that Temporal's own examples set, and every default."""

    @workflow.run
    async def run(self, effects: int) -> None:
        """So many effects, one after the other."""
        name = workflow.info().workflow_id
        for effect in range(effects):
            await workflow.execute_activity("make", args=[name, effect], start_to_close_timeout=timedelta(seconds=10))
