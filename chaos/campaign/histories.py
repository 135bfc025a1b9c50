"""The histories that Temporal has of a run's workflows, to be replayed."""

from temporalio.client import WorkflowHistory

from chaos.campaign.arena import Arena

Histories = dict[tuple[str, str], WorkflowHistory]
"""By workflow and run."""


async def collect(arena: Arena, into: Histories) -> None:
    """Adds what Temporal knows now, in place of what it knew before. Raises `RPCError`."""
    temporal = arena.longhaul.temporal
    async for each in temporal.list_workflows(f"TaskQueue = '{arena.there.task_queue}'"):
        history = await temporal.get_workflow_handle(each.id, run_id=each.run_id).fetch_history()
        into[each.id, each.run_id] = history
