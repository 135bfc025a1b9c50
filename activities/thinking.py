"""The next decision of a job: ask the model, check its answer, record both."""

from collections.abc import Mapping

from activities.crash import CrashPoints
from agents.model import Context, Model, Reply
from domain import decision
from domain.errors import InvalidAnswer, Raced, RateLimited, Refused
from domain.events import JobEvent, JobOverdue
from domain.job import JobState
from domain.moves import Decide
from domain.tools import Catalogue
from stores.artifacts import Artifacts
from stores.files import AgentFiles
from stores.jobs import Found, Jobs
from stores.limit import Limiter
from stores.memory import Memories


class Thinking:
    """What decisions are made with. `models` is by job type; `approval_days` is how long people have to answer."""

    def __init__(
        self,
        jobs: Jobs,
        memories: Memories,
        files: AgentFiles,
        *,
        artifacts: Artifacts,
        crash: CrashPoints,
        limiter: Limiter,
        models: Mapping[str, Model],
        tools: Catalogue,
        approval_days: float,
        calls_per_minute: float,
    ) -> None:
        self.jobs = jobs
        self.memories = memories
        self.files = files
        self.artifacts = artifacts
        self.crash = crash
        self.limiter = limiter
        self.models = models
        self.tools = tools
        self.approval_days = approval_days
        self.calls_per_minute = calls_per_minute

    async def decided(self, found: Found, now: float) -> Found:
        """Decides on what was found, once people's edits of the files are in; returns what then stands.

        `now` is the workflow's clock. The decision is appended right after the state it was made on, or not at all.
        """
        if await self._imported(found):
            found = await self.jobs.find(found.job, found.seen)
        if not isinstance(found.state.next_move(), Decide):
            return found
        self.crash("before_decision")
        events = await self._decision(found.state, now)
        try:
            found = await self.jobs.commit(found, events)
        except Raced:
            found = await self.jobs.find(found.job, found.seen)
        self.crash("after_decision")
        return found

    async def _imported(self, found: Found) -> bool:
        asked = found.state.asked
        assert asked is not None
        return await self.files.imported(asked.agent)

    async def _decision(self, state: JobState, now: float) -> tuple[JobEvent, ...]:
        if now >= state.deadline_at:
            return (JobOverdue(at=now),)
        assert state.asked is not None
        model = self._model(state.asked.job_type)
        if wait := await self.limiter.take(f"model:{model.name}", self.calls_per_minute):
            raise RateLimited(f"model {model.name}", wait)
        memory = await self.memories.load(state.asked.agent)
        entries, artifact = memory.entries, self.artifacts.fetch
        context = Context(state=state, memory=entries, tools=self.tools, now=now, artifact=artifact)
        reply = await model.reply(context)
        return self._checked(state, model, reply, now)

    def _checked(self, state: JobState, model: Model, reply: Reply, now: float) -> tuple[JobEvent, ...]:
        terms = decision.Terms(now=now, days=self.approval_days)
        try:
            answer = decision.parse(reply.answer)
            return decision.decided(state, answer, self.tools, terms, model=model.name, usage=reply.usage)
        except InvalidAnswer as error:
            return (decision.invalid(error, reply.answer, reply.usage),)

    def _model(self, job_type: str) -> Model:
        if job_type not in self.models:
            raise Refused(f"there is no job type {job_type!r}; there are {', '.join(sorted(self.models))}")
        return self.models[job_type]
