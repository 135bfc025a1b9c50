"""A client's line to Temporal on which signals can be held up."""

import asyncio

from temporalio.client import Interceptor, OutboundInterceptor, SignalWorkflowInput


class SlowLine(Interceptor):
    """While `free` is not set a signal waits; `begun` is set by the first one, `sent` holds their names."""

    def __init__(self) -> None:
        self.begun, self.free, self.sent = asyncio.Event(), asyncio.Event(), list[str]()
        self.free.set()

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        return _Held(next, self)


class _Held(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, line: SlowLine) -> None:
        super().__init__(following)
        self.line = line

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002 - the SDK's name
        self.line.begun.set()
        await self.line.free.wait()
        self.line.sent.append(input.signal)
        await super().signal_workflow(input)
