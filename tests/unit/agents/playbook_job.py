"""Drives a playbook through the pure core: the journal is a state in memory, the tools are real."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

from agents.model import Context, Model
from agents.tools.catalogue import catalogue
from agents.tools.tool import Tool, ToolContext, ToolResult
from domain import decision, judge
from domain import events as e
from domain.answers import PlannedCall
from domain.errors import NotFound, ToolFault
from domain.hear import hear, parse
from domain.job import JobState
from domain.memory import AgentState, Author
from domain.messages import Deadline
from domain.moves import Act, Close, Decide, TakeTurn, Wait
from domain.todo import ItemResult, ItemStatus, TodoItem

NOON = 1_760_000_000.0
"""2025-10-09, a little before nine in UTC; the first moment of every job here."""
ROUNDS = 300


class PlaybookJob:
    """One job of a playbook, and all that it touches."""

    def __init__(
        self,
        model: Model,
        tools: Iterable[Tool[Any]],
        inputs: dict[str, Any],
        *,
        memory: AgentState | None = None,
        job: str = "job-1",
    ) -> None:
        self.model = model
        self.tools = {tool.name: tool for tool in tools}
        self.catalogue = catalogue(self.tools.values())
        self.memory = memory or AgentState()
        self.artifacts: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {}
        self.events: list[e.JobEvent] = []
        self.home = "/nowhere/agents/ann"
        self.now = NOON
        self.state = JobState()
        limits = e.Limits(steps=100_000)
        self.append(
            e.JobRequested(
                job=job, agent="ann", job_type=model.name, goal="g", inputs=inputs, limits=limits, requested_by="ann"
            ),
            e.JobOpened(at=NOON),
        )

    def append(self, *events: e.JobEvent) -> None:
        self.events += events
        self.state = self.state.apply_all(events)

    async def run(self, until: Callable[[JobState], bool] = lambda state: False) -> Self:
        """Moves on until the job waits or has ended, or until a condition holds."""
        for _ in range(ROUNDS):
            if until(self.state) or not await self.move():
                return self
        raise AssertionError(f"still busy after {ROUNDS} moves: {self.state.next_move()}")

    async def move(self) -> bool:
        self.now += 1
        match self.state.next_move():
            case TakeTurn():
                self.append(e.TurnTaken(at=self.now))
            case Decide():
                await self.decide()
            case Act(call=call):
                await self.act(call)
            case Close():
                self.append(*judge.end(judge.Standing(seen=self.state.version, tail=(), state=self.state)))
            case Wait() | None:
                return False
        return True

    async def decide(self) -> None:
        entries = self.memory.entries
        context = Context(self.state, entries, tools=self.catalogue, now=self.now, artifact=self.artifact)
        first, second = await self.model.reply(context), await self.model.reply(context)
        assert first == second, "a playbook is pure"
        answer = decision.parse(first.answer)
        terms = decision.Terms(now=self.now)
        self.append(
            *decision.decided(self.state, answer, self.catalogue, terms, model=self.model.name, usage=first.usage)
        )

    async def act(self, call: PlannedCall) -> None:
        self.append(e.ToolCalled(call=call, revision=self.state.revision, step=1, at=self.now, deadline=self.now + 60))
        version, tool = self.state.version, self.tools[call.tool]
        context = self.tool_context(f"{self.job}/{version}")
        try:
            result = await tool.run(context, tool.args.model_validate(call.args))
        except ToolFault as fault:
            self.append(e.ToolFailed.model_validate({"call": version, "kind": fault.kind, "why": str(fault), "at": 0}))
        except ConnectionError as error:
            self.append(self._unknown(version, str(error)))
        else:
            self.append(self._returned(version, result))

    def tool_context(self, key: str) -> ToolContext:
        return ToolContext(
            job=self.job,
            agent="ann",
            key=key,
            step=1,
            now=self.now,
            home=self.home,
            last_check=lambda: None,
            artifact=self.artifact,
        )

    async def artifact(self, sha256: str) -> bytes:
        if sha256 not in self.artifacts:
            raise NotFound(f"artifact {sha256}")
        return self.artifacts[sha256]

    def _returned(self, version: int, result: ToolResult) -> e.ToolReturned:
        ref = self._keep(result.content) if result.content is not None else None
        for attachment in result.attachments:
            self._keep(attachment)
        files = tuple(e.FileWritten(path=path, sha256=self._keep(content)) for path, content in result.files.items())
        self.files |= result.files
        self.memory = self.memory.apply_all(self.memory.remember(result.memories, Author("ann", self.now, self.job)))
        item = ItemResult(text=result.text, data=result.data, ref=ref)
        return e.ToolReturned(call=version, result=item, files=files, at=self.now)

    def _unknown(self, version: int, why: str) -> e.OutcomeUnknown:
        deadline = Deadline(until=self.now + 7 * 86_400, default="it stays unknown")
        return e.OutcomeUnknown(call=version, why=why, about="did it go out?", deadline=deadline, at=self.now)

    def _keep(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.artifacts[digest] = content
        return digest

    def say(self, kind: str, by: str = "ben", **said: Any) -> None:
        """A person's message, heard."""
        message = parse(kind, {"by": by, **said}, f"m{self.state.version}", self.now)
        self.append(hear(self.state, message))

    def expire(self) -> None:
        """Nobody answers until every open request has expired."""
        self.now += 30 * 86_400
        for request in self.state.requests:
            self.append(e.RequestExpired(request=request.id, default=request.deadline.default, at=self.now))

    @property
    def job(self) -> str:
        assert self.state.asked is not None
        return self.state.asked.job

    @property
    def waits_for(self) -> int:
        """The id of the only open request."""
        (request,) = self.state.requests
        return request.id

    @property
    def result(self) -> str:
        assert isinstance(self.state.end, e.JobCompleted), self.state.end
        return self.state.end.result

    @property
    def open_items(self) -> list[str]:
        return [item.text for item in self.state.todo if item.status is not ItemStatus.COMPLETED]

    @property
    def calls(self) -> list[str]:
        """The tools called so far, in order."""
        return [event.call.tool for event in self.events if isinstance(event, e.ToolCalled)]

    def item(self, kind: str) -> TodoItem:
        """The last item of that kind."""
        return [item for item in self.state.todo if item.item.split(":")[0] == kind][-1]


def done(kind: str) -> Callable[[JobState], bool]:
    """Whether an item of that kind is completed."""

    def holds(state: JobState) -> bool:
        return any(i.item.split(":")[0] == kind and i.status is ItemStatus.COMPLETED for i in state.todo)

    return holds


def plant(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Writes files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
