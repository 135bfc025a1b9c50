"""The workflows of a release whose loops have another order: a job tells its agent before it asks for the turn.

They have no patch for the histories of the release before. (A module of its own: one that is run as `__main__` may
define no workflow.)
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.inputs import Tail
    from workflows.agent import AgentWorkflow
    from workflows.job import JobWorkflow
    from workflows.starts import AgentStart, JobResult, JobStart


@workflow.defn(name="JobWorkflow")
class ChangedJobWorkflow(JobWorkflow):
    """The next release's job, with no patch for histories of the one before."""

    @workflow.init
    def __init__(self, start: JobStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: JobStart) -> JobResult:
        """The same story in another order."""
        return await super().run(start)

    async def _take_turn(self) -> Tail:
        await self._tell_agent()
        return await super()._take_turn()


@workflow.defn(name="AgentWorkflow")
class ChangedAgentWorkflow(AgentWorkflow):
    """The next release's agent."""

    @workflow.init
    def __init__(self, start: AgentStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: AgentStart) -> None:
        """The same, after a rest."""
        await workflow.sleep(0.1)
        return await super().run(start)
