"""The workflow's part played by a test: activities called one by one, by as many workers and lives as it needs.

A `Target` is where the toy tools send, a `Script` is what the model says, `Hands` are one worker's activities, and a
`Life` is one life of a job's workflow: what it has seen, and its clock. `twin` is a second attempt, or an earlier life.
"""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.crash import CrashPoints
from activities.inputs import Move, OpenJob, ReadOn, Record, Tail
from activities.job import JobActivities
from activities.model import ModelActivities
from activities.recall import Recall
from activities.settle import Stores
from activities.thinking import Thinking
from activities.tools import ToolActivities
from agents.model import Context, Reply
from agents.tools.catalogue import catalogue
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain import judge
from domain.answers import Effect
from domain.events import FaultKind, JobEvent, JobRequested
from domain.head import Head
from domain.hear import parse
from domain.job import JobState
from domain.memory import Remembered
from domain.messages import Message
from domain.sections import Section
from domain.signed import Approvers
from stores.artifacts import Artifacts
from stores.files import AgentFiles
from stores.jobs import Found, Jobs, Within
from stores.lease import Leases
from stores.limit import Limiter
from stores.memory import Memories
from stores.people import People
from stores.postgres import Pool
from stores.preloads import Preloads
from stores.tasks import Tasks
from stores.workspace import Workspace

NOW = 1_800_000_000.0
"""The workflow's clock: nowhere near the machine's, so that whoever takes the wrong one is seen."""
APPROVAL_DAYS = 7.0
START = Head()
PREFIX = "longhaul:ahead:test:"
"""Of what was found ahead."""

G = TypeVar("G")
R = TypeVar("R")


class Item(Args):
    """What a toy tool is to send."""

    text: str = "x"


class Target:
    """Where the toy tools send: what came, what holds a sender up, and what goes wrong."""

    def __init__(self) -> None:
        self.came: list[tuple[str, str]] = []
        self.begun, self.applied = asyncio.Event(), asyncio.Event()
        self.before, self.after = asyncio.Event(), asyncio.Event()
        self.before.set()
        self.after.set()
        self.suspended = 0.0
        """Seconds for which the whole process stands still just before the tool's last check."""
        self.fault: Exception | None = None
        self.lookup_fault: Exception | None = None
        self.looked_up = 0
        self.during: Callable[[], Awaitable[None]] | None = None
        self.result = ToolResult(text="sent")

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.came]

    async def receive(self, ctx: ToolContext, args: Item) -> ToolResult:
        self.begun.set()
        await self.before.wait()
        time.sleep(self.suspended)  # noqa: ASYNC251 - it stands for a suspended process
        ctx.last_check()
        if self.fault:
            raise self.fault
        await self._apply(ctx, args)
        self.applied.set()
        if self.during:
            await self.during()
        await self.after.wait()
        return self.result

    async def _apply(self, ctx: ToolContext, args: Item) -> None:
        if ctx.execute is None:
            self.came.append((ctx.key, args.text))
        else:
            await ctx.execute("insert into effects values (%s, %s)", (ctx.key, args.text))

    async def lookup(self, ctx: ToolContext, args: Item) -> ToolResult | None:
        self.looked_up += 1
        if self.lookup_fault:
            raise self.lookup_fault
        return ToolResult(text="the target has it") if ctx.key in self.keys else None

    async def remember(self, ctx: ToolContext, args: Item) -> ToolResult:
        return ToolResult(text="kept", memories=(Remembered(section=Section.LEARNINGS, text=args.text),))

    def tools(self, seconds: float) -> dict[str, Tool[Any]]:
        """One tool for each effect, `guarded`, and `remember`."""

        def tool(name: str, effect: Effect, run: Any = None, **more: Any) -> Tool[Any]:
            return Tool(
                name=name,
                effect=effect,
                args=Item,
                run=run or self.receive,
                summary=lambda args: f"{name} {args.text}",
                seconds=seconds,
                **more,
            )

        made = [
            tool(effect.value, effect, lookup=self.lookup if effect is Effect.LOOKUP else None) for effect in Effect
        ]
        made += [tool("guarded", Effect.ONCE, guarded=True)]
        made += [tool("remember", Effect.TRANSACTIONAL, self.remember)]
        return {each.name: each for each in made}


def use(tool: str, text: str = "x", item: str = "one", plan: Sequence[str] | None = ("one", "two")) -> dict[str, Any]:
    """The answer of a model that wants a tool used."""
    items = None if plan is None else [{"item": name, "text": f"do {name}"} for name in plan]
    return {
        "says": "on it",
        "plan": items,
        "intent": {"kind": "use_tool", "tool": tool, "args": {"text": text}, "item": item},
    }


def finish(result: str = "done", learnings: Sequence[str] = ()) -> dict[str, Any]:
    """The answer of a model that is done."""
    return {"says": "done", "plan": [], "intent": {"kind": "finish", "result": result, "learnings": list(learnings)}}


def ask(question: str = "which one?") -> dict[str, Any]:
    """The answer of a model that asks."""
    return {
        "says": "hm",
        "plan": [{"item": "one", "text": "do one"}],
        "intent": {"kind": "ask", "question": question, "default": "the first"},
    }


class Script:
    """A model that says what it is told to; its last answer again and again."""

    name = "script"

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.told: list[Context] = []
        self.during: Callable[[], Awaitable[None]] | None = None

    async def reply(self, context: Context) -> Reply:
        self.asked += 1
        self.told.append(context)
        if self.during:
            await self.during()
        return Reply(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


Hold = Callable[[Sequence[JobEvent]], Awaitable[None]]
Look = Callable[[int], Awaitable[None]]


async def _at_once(_: object) -> None:
    """Holds nobody up."""


class HeldJobs(Jobs):
    """A journal that a test can hold up: `hold(events)` is awaited before a commit, `look(n)` before the nth find."""

    def __init__(self, pool: Pool, hold: Hold = _at_once, look: Look = _at_once) -> None:
        super().__init__(pool)
        self.hold, self.look, self.looks = hold, look, 0

    async def find(self, job: str, seen: Head, message_ids: Sequence[str] = ()) -> Found:
        self.looks += 1
        await self.look(self.looks)
        return await super().find(job, seen, message_ids)

    async def commit(self, found: Found, events: Sequence[JobEvent] = (), within: Within | None = None) -> Found:
        await self.hold(events)
        return await super().commit(found, events, within)


def meeting(parties: int) -> Hold:
    """A hold that lets the first `parties` commits go only together: all have judged on the same journal."""
    barrier, left = asyncio.Barrier(parties), [parties]

    async def hold(events: Sequence[JobEvent]) -> None:
        if left[0] > 0:
            left[0] -= 1
            await barrier.wait()

    return hold


class Hands:
    """The activities of one worker, with caches of its own."""

    def __init__(
        self,
        pool: Pool,
        home: Path,
        *,
        target: Target | None = None,
        script: Script | None = None,
        seconds: float = 30.0,
        jobs: Jobs | None = None,
        crash: CrashPoints | None = None,
        client: Client | None = None,
        quick_seconds: float = 0.0,
        approvers: Approvers | None = None,
        redis: Redis | None = None,
        slow: Collection[str] = (),
    ) -> None:
        self.pool, self.client, self.seconds = pool, client, seconds
        self.jobs, self.memories = jobs or Jobs(pool), Memories(pool)
        self.target, self.script = target or Target(), script or Script(use("keyed"))
        workspace = Workspace(home / "agents")
        self.files = AgentFiles(self.jobs, self.memories, Tasks(pool), workspace)
        nobody = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
        limiter = Limiter(nobody)
        stores = Stores(self.memories, Artifacts(pool), crash or CrashPoints(), workspace, home=str(home))
        self.tools = self.target.tools(seconds)
        self.recall = Recall(self.memories, Preloads(redis or nobody, PREFIX))
        self.job = JobActivities(self.jobs, self.memories, self.files, approvers)
        thinking = Thinking(
            self.jobs,
            self.memories,
            self.files,
            People(pool),
            artifacts=stores.artifacts,
            crash=stores.crash,
            limiter=limiter,
            recall=self.recall,
            models={"toy": self.script},
            tools=catalogue(self.tools.values()),
            approval_days=APPROVAL_DAYS,
            calls_per_minute=1e6,
            slow=slow,
        )
        self.model = ModelActivities(self.jobs, self.files, thinking)
        self.acting = ToolActivities(
            self.jobs,
            self.files,
            stores,
            thinking,
            tools=self.tools,
            limiter=limiter,
            leases=Leases(nobody),
            approval_days=APPROVAL_DAYS,
            calls_per_minute=1e6,
            quick_seconds=quick_seconds,
        )

    def environment(self, heartbeat: float = 2.0) -> ActivityEnvironment:
        environment = ActivityEnvironment(client=self.client)
        environment.info = dataclasses.replace(environment.info, heartbeat_timeout=timedelta(seconds=heartbeat))
        return environment

    async def do(self, method: Callable[[G], Awaitable[R]], given: G, inside: ActivityEnvironment | None = None) -> R:
        """Runs an activity as Temporal would."""
        return await (inside or self.environment()).run(method, given)


class Life:
    """One life of a job's workflow."""

    def __init__(self, hands: Hands, job: str, *, agent: str = "") -> None:
        self.hands = hands
        self.job = job
        self.agent = agent or f"agent-{job}"
        self.seen, self.state, self.now = START, JobState(), NOW
        self.said = 0

    def twin(self, hands: Hands | None = None) -> "Life":
        """Another life, or another attempt, that has seen the same and knows nothing of this one."""
        other = Life(hands or self.hands, self.job, agent=self.agent)
        other.seen, other.state, other.now, other.said = self.seen, self.state, self.now, self.said + 100
        return other

    def request(self, **fields: Any) -> JobRequested:
        asked = {"job": self.job, "agent": self.agent, "job_type": "toy", "goal": "do it", "requested_by": "ann"}
        return JobRequested.model_validate({**asked, **fields})

    async def open(self, **fields: Any) -> "Life":
        """Opens the job and takes the turn."""
        given = OpenJob(job=self.job, request=self.request(**fields), now=self.now)
        opened = await self.hands.do(self.hands.job.open_job, given)
        self.seen, self.state = opened.head, opened.state
        await self.turn()
        return self

    @property
    def move(self) -> Move:
        return Move(job=self.job, seen=self.seen, now=self.now)

    async def turn(self) -> Tail:
        return self._applied(await self.hands.do(self.hands.job.take_turn, self.move))

    async def decide(self, inside: ActivityEnvironment | None = None) -> Tail:
        return self._applied(await self.hands.do(self.hands.model.decide, self.move, inside))

    async def act(self, inside: ActivityEnvironment | None = None) -> Tail:
        return self._applied(await self.hands.do(self.hands.acting.act, self.move, inside))

    async def expire(self) -> Tail:
        return self._applied(await self.hands.do(self.hands.job.expire, self.move))

    async def close(self) -> Tail:
        return self._applied(await self.hands.do(self.hands.job.close_job, self.move))

    async def read_on(self, kind: FaultKind = "crashed", why: str = "boom") -> Tail:
        given = ReadOn(job=self.job, seen=self.seen, now=self.now, kind=kind, why=why)
        return self._applied(await self.hands.do(self.hands.job.read_on, given))

    async def record(self, *messages: Message) -> Tail:
        given = Record(job=self.job, seen=self.seen, now=self.now, messages=messages)
        return self._applied(await self.hands.do(self.hands.job.record, given))

    async def say(self, kind: str, **said: Any) -> Tail:
        return await self.record(self.message(kind, **said))

    def message(self, kind: str, **said: Any) -> Message:
        self.said += 1
        return parse(kind, {"by": "ann", **said}, f"m{self.said}", self.now)

    async def called(self) -> None:
        """The worker recorded the call and died: it may have sent it or not."""
        jobs, seconds = self.hands.jobs, self.hands.seconds
        found = await jobs.append(self.job, self.seen, lambda at: judge.call(at, time.time(), seconds))
        self.state, self.seen = found.state, found.head

    async def journal(self) -> list[JobEvent]:
        """Everything that stands, as somebody finds it who has no cache."""
        return list((await Jobs(self.hands.pool).find(self.job, START)).standing.tail)

    async def types(self) -> list[str]:
        return [event.type for event in await self.journal()]

    def _applied(self, tail: Tail) -> Tail:
        assert tail.after == self.seen.version
        self.state = self.state.apply_all(tail.events)
        self.seen = tail.head
        assert self.state.version == self.seen.version
        return tail


def types(tail: Tail) -> list[str]:
    return [event.type for event in tail.events]
