"""Keeping TODO lists tidy: items that waited too long leave them, what was done long ago goes to the archive.

It looks at every agent, whether one of its jobs runs or not. A job whose list it has changed hears of it when it next
looks into its journal.
"""

from domain import judge
from domain.facts import DAY
from domain.head import Head
from domain.todo import Tidiness
from stores.files import AgentFiles
from stores.jobs import Jobs
from stores.tasks import Tasks


class Tidying:
    """One look over all lists, by the settings' `terms`."""

    def __init__(self, jobs: Jobs, tasks: Tasks, files: AgentFiles, terms: Tidiness) -> None:
        self.jobs = jobs
        self.tasks = tasks
        self.files = files
        self.terms = terms

    async def __call__(self, now: float) -> None:
        """Tidies what is due by `now` (Unix seconds)."""
        waiting, done = now - self.terms.stale_days * DAY, now - self.terms.archive_days * DAY
        untidy = await self.tasks.untidy(waiting, done)
        for job, _ in untidy:
            await self.jobs.append(job, Head(), lambda standing: judge.tidying(standing, now, self.terms))
        for agent in sorted({agent for _, agent in untidy}):
            await self.files.sync(agent)
