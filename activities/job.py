"""The activities that need no world but the journal: open, take the turn, record, expire, read on, close."""

from temporalio import activity

from activities.beat import beating
from activities.faults import named
from activities.inputs import Move, Opened, OpenJob, ReadOn, Record, Tail
from activities.tail import page
from domain import judge
from domain.errors import NotFound, Raced, Refused, TurnIsTaken
from domain.events import JobEvent, JobOpened
from domain.head import Head
from domain.job import JobState
from domain.judge import Standing
from domain.memory import Author, Remembered, Trust, source_read
from domain.sections import Section
from domain.signed import Approvers
from stores.files import AgentFiles
from stores.jobs import Found, Jobs
from stores.memory import Memories
from stores.postgres import Connection


class JobActivities:
    """A job's life in the journal. With `approvers`, consents must be signed."""

    def __init__(self, jobs: Jobs, memories: Memories, files: AgentFiles, approvers: Approvers | None = None) -> None:
        self.jobs = jobs
        self.memories = memories
        self.files = files
        self.approvers = approvers

    @activity.defn
    async def open_job(self, given: OpenJob) -> Opened:
        """Opens the job, or finds it open, and returns its folded state: a new run has nothing to fold onto."""
        async with named(), beating():
            start = await self._start(given)
            found = await self.jobs.append(given.job, start, lambda standing: _opening(standing, given))
            await self.files.written(found)
            return Opened(state=found.state, head=found.head)

    async def _start(self, given: OpenJob) -> Head:
        """Where reading begins: at what a run before this one had seen, unless a person has accepted its loss."""
        if given.seen is None:
            return Head()
        await self.jobs.refuse_a_gap(given.job, given.seen)
        return given.seen if await self.jobs.holds(given.job, given.seen) else Head()

    @activity.defn
    async def take_turn(self, given: Move) -> Tail:
        """Takes the agent's turn; returns nothing while another job of the agent has it."""
        async with named(), beating():
            try:
                found = await self.jobs.append(given.job, given.seen, lambda at: judge.turn(at, given.now))
            except TurnIsTaken:
                found = await self.jobs.find(given.job, given.seen)
            return await self._synced(found)

    @activity.defn
    async def record(self, given: Record) -> Tail:
        """Records messages, each once; those that are recorded already are answered from the journal."""
        ids = [message.message_id for message in given.messages]
        async with named(), beating():
            while True:
                found = await self.jobs.find(given.job, given.seen, ids)
                events = judge.messages(found.standing, given.messages, found.recorded.keys(), self.approvers)
                if not events:
                    return await self._synced(found)
                try:
                    return await self._synced(await self.jobs.commit(found, events))
                except Raced:
                    continue

    @activity.defn
    async def expire(self, given: Move) -> Tail:
        """Appends the reminders and expiries that are due on the workflow's clock."""
        async with named(), beating():
            return await self._synced(
                await self.jobs.append(given.job, given.seen, lambda at: judge.alarms(at, given.now))
            )

    @activity.defn
    async def read_on(self, given: ReadOn) -> Tail:
        """After an activity that gave no result: what stands, with the failure when the activity had done nothing."""
        async with named(), beating():
            return page(
                await self.jobs.append(given.job, given.seen, lambda at: judge.failure(at, given.kind, given.why))
            )

    @activity.defn
    async def close_job(self, given: Move) -> Tail:
        """Ends the job; what the model learned goes into the agent's memory in the same commit."""
        async with named(), beating():
            while True:
                found = await self.jobs.find(given.job, given.seen)
                events = judge.end(found.standing)
                if not events:
                    return await self._synced(found)
                try:
                    learned = _Learned(self.memories, found.state, given.now)
                    return await self._synced(await self.jobs.commit(found, events, within=learned))
                except Raced:
                    continue

    async def _synced(self, found: Found) -> Tail:
        await self.files.written(found)
        return page(found)


def _opening(standing: Standing, given: OpenJob) -> tuple[JobEvent, ...]:
    """What is missing for the job to be open: its request, and that a workflow took it up."""
    asked = standing.state.asked
    if asked is None and given.request is None:
        raise NotFound(f"job {given.job}; nobody has requested it")
    if asked and given.request and not asked.same_job(given.request):
        raise Refused(f"job {given.job} exists with another request; choose another id")
    if standing.state.opened_at is not None:
        return ()
    opened = JobOpened(at=given.now)
    return (opened,) if asked or given.request is None else (given.request, opened)


class _Learned:
    """Remembers, within the commit that ends a job, what its model learned."""

    def __init__(self, memories: Memories, state: JobState, now: float) -> None:
        self.memories = memories
        self.state = state
        self.now = now

    async def __call__(self, connection: Connection) -> tuple[JobEvent, ...]:
        asked, intent = self.state.asked, self.state.intent
        learnings = intent.learnings if intent and intent.kind == "finish" else ()
        if asked and learnings:
            facts = [_learned(text, self.state.influence, asked.job) for text in learnings]
            author = Author(f"job {asked.job}", self.now, asked.job, self.state.steps_done)
            await self.memories.append_within(connection, asked.agent, lambda memory: memory.remember(facts, author))
        return ()


def _learned(text: str, influence: Trust, job: str) -> Remembered:
    """A learning, as trusted as what the job's model has read."""
    source = source_read(influence, job)
    return Remembered(section=Section.LEARNINGS, text=text, trust=influence, source=source)
