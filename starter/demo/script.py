"""What happens in the demo, in order."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pydantic import JsonValue
from temporalio.client import WorkflowExecutionStatus

from agents.jobs import job_type
from domain.events import JobEvent, ToolCalled
from domain.head import Head
from domain.memory import AgentState
from starter.client import Longhaul, request
from starter.demo.sink import Sink
from starter.demo.workers import DemoWorker
from starter.output import CommandError, Exit, line
from stores import journal
from stores.postgres import reading

AGENT = "demo"
EMAIL = "you@example.org"
CHANGE = "ignore *.lock"
PATIENCE = 120.0
POLL_SECONDS = 0.03

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What the demo came to."""

    job: str
    status: str
    timeline: list[tuple[int, float, JobEvent]]
    before: AgentState
    after: AgentState
    todo: str
    worker_kills: int
    recovery_seconds: float
    revision: int
    mails_delivered: int
    duplicate_effects: int
    journal_verified: bool
    ui_url: str
    report: str


class Demo:
    """One run of the demo."""

    def __init__(self, longhaul: Longhaul, worker: DemoWorker, sink: Sink, say: Say) -> None:
        self.longhaul = longhaul
        self.worker = worker
        self.sink = sink
        self.say = say
        self.job = ""
        self.recovery = list[float]()

    async def run(self, folder: Path) -> Outcome:
        """Plays it from start to end."""
        before = await self.longhaul.memories.load(AGENT)
        await self._start(folder)
        await self._kill_the_worker()
        await self._change_the_requirements()
        await self._die_between_effect_and_outcome()
        await self._approve()
        await self._until(self._ended, "the job to end")
        await self._until(self._agent_rests, "its agent to rest")
        return await self._outcome(before)

    async def _start(self, folder: Path) -> None:
        kind = job_type("survey")
        inputs = kind.checked({"folder": str(folder), "email": EMAIL})
        job = f"demo-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
        asked = request("survey", AGENT, inputs, kind.goal.format(**inputs), "you", job=job)
        await self.longhaul.start(asked)
        self.job = job
        self.say(f"started job {job}: {asked.goal}")

    async def _kill_the_worker(self) -> None:
        await self._until(self._calls_at_least(2), "the second tool call")
        self.worker.kill()
        self.say("killed its worker (SIGKILL) in the middle of the work, and started another")
        await self._restart()

    async def _restart(self) -> None:
        """Starts a worker again and waits until the job moves."""
        killed, version = time.time(), await self._version()
        self.worker.start()
        await self._until(self._version_above(version), "the job to move again")
        self.recovery.append(time.time() - killed)
        self.say(f"the job moves again after {self.recovery[-1]:.1f} s")

    async def _change_the_requirements(self) -> None:
        await self.longhaul.say(self.job, "tell", {"by": "you", "text": CHANGE}, patience=30)
        revision = (await self.longhaul.state(self.job)).revision
        self.say(f'changed the requirements: "{CHANGE}" became revision {revision}, the plan follows')

    async def _die_between_effect_and_outcome(self) -> None:
        self.worker.arm("after_effect")
        await self._until(self._fell, "the worker to reach the crash point")
        self.say("its worker died again, between an effect and its outcome: the worst moment")
        await self._restart()

    async def _approve(self) -> None:
        await self._until(self._waits, "the job to ask for approval")
        state = await self.longhaul.state(self.job)
        asked = state.requests[0]
        self.say(f"it asks for approval: {line(asked.about)}")
        said: dict[str, JsonValue] = {
            "by": "you",
            "request": asked.id,
            "args_hash": asked.args_hash,
            "why": "looks right",
        }
        await self.longhaul.say(self.job, "approve", said, patience=30)
        self.say("approved")

    async def _outcome(self, before: AgentState) -> Outcome:
        state = await self.longhaul.state(self.job)
        after = await self.longhaul.memories.load(AGENT)
        async with reading(self.longhaul.pool) as connection:
            head = await journal.verify(connection, f"job/{self.job}")
        home, ui = self.longhaul.settings.home / "agents" / AGENT, self.longhaul.settings.ui_url or ""
        ids = [entry.id for entry in after.entries]
        return Outcome(
            job=self.job,
            status=state.status,
            timeline=await self.longhaul.timeline(self.job),
            before=before,
            after=after,
            todo=(home / "TODO.md").read_text(encoding="utf-8"),
            worker_kills=self.worker.kills,
            recovery_seconds=round(max(self.recovery), 2),
            revision=state.revision,
            mails_delivered=len(self.sink.mails),
            duplicate_effects=self.sink.repeats + len(ids) - len(set(ids)),
            journal_verified=head.version == state.version,
            ui_url=f"{ui}/namespaces/default/workflows/{quote(f'job/{self.job}', safe='')}",
            report=str(home / "report.md"),
        )

    async def _version(self) -> int:
        return (await self.longhaul.jobs.find(self.job, Head())).state.version

    def _version_above(self, version: int) -> Callable[[], Awaitable[bool]]:
        async def above() -> bool:
            return await self._version() > version

        return above

    def _calls_at_least(self, number: int) -> Callable[[], Awaitable[bool]]:
        async def called() -> bool:
            events = await self.longhaul.timeline(self.job)
            return sum(isinstance(event, ToolCalled) for _, _, event in events) >= number

        return called

    async def _fell(self) -> bool:
        return self.worker.fell()

    async def _waits(self) -> bool:
        state = await self.longhaul.state(self.job)
        if state.end:
            raise CommandError(f"the job ended before it asked for approval: {state.end}", Exit.FAILED)
        return bool(state.requests)

    async def _ended(self) -> bool:
        return (await self.longhaul.state(self.job)).end is not None

    async def _agent_rests(self) -> bool:
        """Its workflow has ended, so that the next request starts it on the queue of an ordinary worker."""
        agent = self.longhaul.temporal.get_workflow_handle(f"agent/{AGENT}")
        return (await agent.describe()).status is not WorkflowExecutionStatus.RUNNING

    async def _until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await condition():
            if time.monotonic() > deadline:
                raise CommandError(f"waited {PATIENCE:.0f} s for {what}; see {self.worker.log}", Exit.TIMED_OUT)
            await asyncio.sleep(POLL_SECONDS)
