"""A late outcome closes a question; its workflow, which may wait for days, is told so whatever else happens."""

import asyncio
from collections.abc import Sequence

from temporalio.client import Client, Interceptor, OutboundInterceptor, SignalWorkflowInput

from domain.events import JobEvent, ToolReturned
from stores.postgres import Pool
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import HeldJobs, types

SECONDS = 0.5


class SlowLine(Interceptor):
    """A line to Temporal on which a signal takes until the test lets it through."""

    def __init__(self) -> None:
        self.begun, self.free, self.sent = asyncio.Event(), asyncio.Event(), list[str]()

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        return _Slowly(next, self)


class _Slowly(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, line: SlowLine) -> None:
        super().__init__(following)
        self.line = line

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002 - the SDK's name
        self.line.begun.set()
        await self.line.free.wait()
        self.line.sent.append(input.signal)
        await super().signal_workflow(input)


async def test_a_cancellation_while_it_is_told(
    deciding: Deciding, pool: Pool, new_hands: NewHands, temporal: Client
) -> None:
    asleep, awake, line = asyncio.Event(), asyncio.Event(), SlowLine()

    async def hold(events: Sequence[JobEvent]) -> None:
        if any(isinstance(event, ToolReturned) for event in events):
            asleep.set()
            await awake.wait()

    config = temporal.config()
    config["interceptors"] = [line]
    life = await deciding("once", seconds=SECONDS)
    sender = life.twin(new_hands(seconds=SECONDS, jobs=HeldJobs(pool, hold), client=Client(**config)))
    inside = sender.hands.environment()
    sending = asyncio.create_task(sender.act(inside))
    await asleep.wait()
    assert types(await life.act()) == ["ToolCalled", "OutcomeUnknown"]
    awake.set()
    await line.begun.wait()
    inside.cancel()
    await asyncio.sleep(0)
    line.free.set()
    assert types(await sending)[-1] == "LateOutcome"
    assert line.sent == ["look"]
