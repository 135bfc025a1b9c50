"""The next decision of a job: ask the model, check its answer, record both."""

import contextlib
from collections.abc import Collection, Iterable, Mapping
from functools import reduce

from activities.crash import CrashPoints
from activities.recall import Recall, Recalled
from agents.model import Context, Model, Reply
from domain import conflicts, decision, unclear
from domain.answers import Answer
from domain.errors import InvalidAnswer, Raced, RateLimited, Refused
from domain.events import JobEvent, JobOverdue, Knew, KnownPerson, QuestionAsked
from domain.job import JobState
from domain.memory import AgentState, Entry, Trust
from domain.moves import Decide
from domain.packing import length, packed
from domain.preference import Customs
from domain.tools import Catalogue
from domain.unclear import VagueAnswer
from stores.artifacts import Artifacts
from stores.files import AgentFiles
from stores.jobs import Found, Jobs
from stores.limit import Limiter
from stores.memory import Memories
from stores.people import People

RECALLED_TOKENS = 1000
"""Of what the archive holds, at most."""

NOTHING_SPECIAL: Mapping[str, Collection[str]] = {}


class Thinking:
    """What decisions are made with. `models` is by job type; `approval_days` is how long people have to answer.

    `offered` names the tools that a job type may use; one that is not named there may use all. The models of the job
    types in `slow` take seconds to answer.
    """

    def __init__(
        self,
        jobs: Jobs,
        memories: Memories,
        files: AgentFiles,
        people: People,
        *,
        artifacts: Artifacts,
        crash: CrashPoints,
        limiter: Limiter,
        recall: Recall,
        models: Mapping[str, Model],
        tools: Catalogue,
        approval_days: float,
        calls_per_minute: float,
        offered: Mapping[str, Collection[str]] = NOTHING_SPECIAL,
        slow: Collection[str] = (),
    ) -> None:
        self.jobs = jobs
        self.memories = memories
        self.files = files
        self.people = people
        self.artifacts = artifacts
        self.crash = crash
        self.limiter = limiter
        self.recall = recall
        self.models = models
        self.tools = tools
        self.approval_days = approval_days
        self.calls_per_minute = calls_per_minute
        self.offered = {name: {tool: tools[tool] for tool in chosen} for name, chosen in offered.items()}
        self.slow = slow

    def is_quick(self, state: JobState) -> bool:
        """Whether a decision of this job takes no longer than reading the journal."""
        return state.asked is not None and state.asked.job_type not in self.slow

    def ahead(self, state: JobState, now: float) -> contextlib.AbstractContextManager[None]:
        """Around a call of a tool: meanwhile it is looked for what a slow decision after it will need."""
        return contextlib.nullcontext() if self.is_quick(state) else self.recall.ahead(state, now)

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
        memory = await self.memories.load(state.asked.agent)
        customs = Customs(profile=memory.profile, people=await self.people.of(conflicts.people_of(state)))
        if doubt := conflicts.due(state, customs):
            until = self._terms(now).deadline(doubt.default)
            return doubt, QuestionAsked(about=doubt.question, deadline=until)
        model = self._model(state.asked.job_type)
        if wait := await self.limiter.take(f"model:{model.name}", self.calls_per_minute):
            raise RateLimited(f"model {model.name}", wait)
        recalled, preload = ((), None) if self.is_quick(state) else await self._recalled(state, memory, now)
        tools = self.offered.get(state.asked.job_type, self.tools)
        artifact, keep = self.artifacts.fetch, self.artifacts.keep
        context = Context(
            state,
            memory.entries,
            tools,
            now=now,
            artifact=artifact,
            keep=keep,
            recalled=recalled,
            customs=customs,
        )
        reply = await model.reply(context)
        knew = Knew(
            memory=memory.version,
            recalled=tuple(entry.id for entry in recalled if entry.id),
            tokens=length(memory.entries) + length(recalled),
            preload=preload,
            **self._influences(state, (*memory.entries, *recalled)),
            people=tuple(KnownPerson(person=each.person, version=each.version) for each in customs.people),
        )
        return self._checked(context, model.name, reply, knew)

    def _influences(self, state: JobState, shown: Iterable[Entry]) -> dict[str, Trust]:
        """What a language model may take for orders: the least trusted of what it is shown."""
        if self.is_quick(state):
            return {}
        return {"read": state.read, "told": reduce(Trust.with_, (entry.trust for entry in shown), Trust.OWN)}

    async def _recalled(self, state: JobState, memory: AgentState, now: float) -> Recalled:
        """What the archive holds on what the job is at, as far as it is not in memory.md and there is room for it."""
        found, preload = await self.recall.entries(state, memory, now)
        return packed((entry for entry in found if entry not in memory.entries), RECALLED_TOKENS), preload

    def _checked(self, context: Context, model: str, reply: Reply, knew: Knew) -> tuple[JobEvent, ...]:
        terms = self._terms(context.now)
        try:
            return decision.decided(
                context.state, _answer(reply), context.tools, terms, model=model, usage=reply.usage, knew=knew
            )
        except VagueAnswer as vague:
            return unclear.refused(context.state, vague, reply.answer, reply.usage, terms.deadline(unclear.DEFAULT))
        except InvalidAnswer as error:
            return (decision.invalid(error, reply.answer, reply.usage),)

    def _terms(self, now: float) -> decision.Terms:
        return decision.Terms(now=now, days=self.approval_days)

    def _model(self, job_type: str) -> Model:
        if job_type not in self.models:
            raise Refused(f"there is no job type {job_type!r}; there are {', '.join(sorted(self.models))}")
        return self.models[job_type]


def _answer(reply: Reply) -> Answer:
    """What the model said, as an answer. Raises `InvalidAnswer`."""
    if reply.fault:
        raise InvalidAnswer(reply.fault)
    return decision.parse(reply.answer)
