"""`decide`: the next decision of a job, unless something stands already that its workflow has not seen."""

from temporalio import activity

from activities.beat import beating
from activities.faults import named
from activities.inputs import Move, Tail
from activities.tail import page
from activities.thinking import Thinking
from domain import judge
from stores.files import AgentFiles
from stores.jobs import Jobs


class ModelActivities:
    """Deciding."""

    def __init__(self, jobs: Jobs, files: AgentFiles, thinking: Thinking) -> None:
        self.jobs = jobs
        self.files = files
        self.thinking = thinking

    @activity.defn
    async def decide(self, given: Move) -> Tail:
        """The model's decision; when something stands after the version seen, that, and the model is not asked."""
        async with named(), beating():
            found = await self.jobs.find(given.job, given.seen)
            if judge.may_decide(found.standing):
                found = await self.thinking.decided(found, given.now)
                await self.files.written(found)
            return page(found)
