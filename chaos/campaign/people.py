"""The people of a campaign: each job has one, who says what the plan says, answers what is asked, and is patient.

What is not confirmed as recorded is said again under the same message id, as any careful client does. Whether a call
whose outcome is unknown went out, a person looks up at the witness.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from temporalio.service import RPCError

from chaos.campaign.kinds import Kind
from chaos.campaign.observer import Observer, Seen
from chaos.campaign.plan import JobPlan, Saying
from chaos.campaign.script import answered
from domain.errors import LonghaulError, NotHeard, Refused
from domain.facts import Request
from domain.hear import parse
from domain.messages import Message
from domain.spoken import SpokenEvent
from starter.client import Longhaul

PATIENCE_SECONDS = 4.0
AGAIN_SECONDS = 0.3
PAUSE_SECONDS = 0.5
NAME = "ann"


@dataclass
class Heard:
    """What people were told of what they said: which messages are recorded, which refused and why.

    `late` are the jobs that took a consent after their end; `faults` is what was done on purpose.
    """

    recorded: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    faults: Counter[Kind] = field(default_factory=Counter)


class Person:
    """The person of one job."""

    def __init__(self, longhaul: Longhaul, observer: Observer, plan: JobPlan, heard: Heard, applied: Any) -> None:
        self.longhaul = longhaul
        self.observer = observer
        self.plan = plan
        self.heard = heard
        self.applied = applied
        self.seen: Seen = observer.watch(plan.job)
        self.answered = set[int]()

    async def attends(self) -> None:
        """Sees the job to its end."""
        left = list(self.plan.sayings)
        while self.seen.state.end is None:
            while left and self.seen.outcomes >= left[0].after and self.seen.state.opened_at is not None:
                together = self._together(left)
                await self._say_all(together)
                del left[: len(together)]
            for request in self.seen.state.requests:
                if request.id not in self.answered:
                    self.answered.add(request.id)
                    await self._answer(request)
            version = self.seen.state.version
            await self.observer.until(lambda: self.seen.state.version > version, PATIENCE_SECONDS)  # noqa: B023
        if self.plan.late_consent:
            await self._late()

    def _together(self, left: list[Saying]) -> list[Saying]:
        """The next one, or two that change places."""
        if left[0].swapped and len(left) > 1 and "cancel" not in (left[0].kind, left[1].kind):
            self.heard.faults[Kind.MESSAGES_REORDERED] += 1
            return [left[1], left[0]]
        return left[:1]

    async def _say_all(self, sayings: list[Saying]) -> None:
        async with asyncio.TaskGroup() as group:
            for saying in sayings:
                if saying.copies > 1:
                    self.heard.faults[Kind.MESSAGE_DUPLICATED] += 1
                for _ in range(saying.copies):
                    group.create_task(self._say(saying))

    async def _say(self, saying: Saying) -> None:
        await self._until_recorded(saying.kind, saying.said)
        if saying.kind == "pause":
            await asyncio.sleep(PAUSE_SECONDS)
            await self._until_recorded("resume", {"message_id": f"{saying.message_id}-resume"})

    async def _answer(self, request: Request) -> None:
        said = {"request": request.id, "message_id": f"{self.plan.job}-answers-{request.id}"}
        match request.kind:
            case "approval" if self.plan.consent == "denied":
                await self._until_recorded("reject", {**said, "why": "too dear"})
            case "approval":
                await self._until_recorded("approve", said)
                if self.plan.consent == "twice":
                    self.heard.faults[Kind.APPROVAL_DOUBLE] += 1
                    await self._until_recorded("approve", {**said, "message_id": f"{said['message_id']}-again"})
            case "unknown_outcome":
                await self._until_recorded("answer", {**said, "text": self._verdict(request.id)})
            case _:
                text = f"this way: {answered(self.plan.job, request.about)}"
                await self._until_recorded("answer", {**said, "text": text})

    def _verdict(self, request: int) -> str:
        unknown = next(call for call in self.seen.state.unknown if call.request == request)
        return "sent" if self.applied(f"{self.plan.job}/{unknown.open.key}") else "again"

    async def _late(self) -> None:
        """A consent that nobody waits for any more: it is refused, and changes nothing."""
        self.heard.faults[Kind.APPROVAL_LATE] += 1
        with contextlib.suppress(LonghaulError, RPCError, RuntimeError):
            told = await self.longhaul.say(self.plan.job, "approve", {"by": NAME, "request": 1}, PATIENCE_SECONDS)
            if told.event:
                self.heard.late.add(self.plan.job)

    async def _until_recorded(self, kind: str, said: dict[str, Any]) -> None:
        """Says it until the journal has it, or the job has ended."""
        message_id = said["message_id"]
        while not self._is_settled(message_id):
            with contextlib.suppress(LonghaulError, RPCError, RuntimeError):
                if (event := await self._once(kind, said)) is not None:
                    return self._noted(message_id, event)
            await asyncio.sleep(AGAIN_SECONDS)

    def _is_settled(self, message_id: str) -> bool:
        if message_id in self.seen.messages:
            self.heard.recorded.add(message_id)
        return self.seen.state.end is not None or message_id in (*self.heard.recorded, *self.heard.refused)

    async def _once(self, kind: str, said: dict[str, Any]) -> SpokenEvent | str | None:
        """The event once it is recorded, why it was refused, or None when nobody can tell yet."""
        try:
            return (await self.longhaul.say(self.plan.job, kind, {"by": NAME, **said}, PATIENCE_SECONDS)).event
        except NotHeard:
            return None
        except Refused as refused:
            return str(refused)

    def _noted(self, message_id: str, event: SpokenEvent | str) -> None:
        if isinstance(event, str):
            self.heard.refused[message_id] = event
        else:
            self.heard.recorded.add(message_id)


def messages(plan: JobPlan, recorded: Collection[str]) -> list[Message]:
    """What was said to a job and is recorded, as the core takes it."""
    said = [saying for saying in plan.sayings if saying.message_id in recorded]
    return [parse(saying.kind, {"by": NAME, **saying.said}, saying.message_id, time.time()) for saying in said]
