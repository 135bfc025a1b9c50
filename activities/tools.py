"""`act`: one tool call, from its record to its outcome.

    ToolCalled ──▶ deadline and cancellation checked ──▶ the effect ──▶ ToolReturned | ToolFailed | OutcomeUnknown
        1                                                                    2          (the numbers are commits)

Effect and outcome are one unit, shielded from cancellation: what has begun is seen through, and recorded. An attempt
that finds 1 without 2 never assumes; it settles the call by what its effect allows (`activities.settle`).

While a call runs, what the decision after it will need of the agent's archive is looked for (`activities.recall`).
After a quick call the next decision is made at once, which spares a way through Temporal. After a slow one people may
have spoken, and are heard first.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Collection, Mapping
from typing import Any

from temporalio import activity
from temporalio.service import RPCError

from activities.beat import beating
from activities.faults import named
from activities.inputs import Move, Tail
from activities.outcomes import Outcomes
from activities.settle import Settlement, Stores
from activities.tail import page
from activities.thinking import Thinking
from agents.tools.tool import Tool
from domain import judge
from domain.errors import Raced, RateLimited, Refused
from domain.events import LateOutcome
from domain.facts import OpenCall
from domain.moves import Act
from stores.files import AgentFiles
from stores.jobs import Found, Jobs
from stores.lease import Leases
from stores.limit import Limiter

QUICK_SECONDS = 1.0
"""A call that took longer is not followed by a decision at once."""
AHEAD_SECONDS = 60.0
"""So long may the decision after a quick call take; then it is left to `decide`."""

log = logging.getLogger(__name__)


class ToolActivities:
    """Acting. `tools` is by name; `calls_per_minute` limits each tool; people have `approval_days` to answer;
    `capabilities` are what this worker has, for the calls that need one.
    """

    def __init__(
        self,
        jobs: Jobs,
        files: AgentFiles,
        stores: Stores,
        thinking: Thinking,
        *,
        tools: Mapping[str, Tool[Any]],
        limiter: Limiter,
        leases: Leases,
        approval_days: float,
        calls_per_minute: float,
        capabilities: Collection[str] = (),
        quick_seconds: float = QUICK_SECONDS,
    ) -> None:
        self.jobs = jobs
        self.files = files
        self.stores = stores
        self.thinking = thinking
        self.tools = tools
        self.limiter = limiter
        self.leases = leases
        self.approval_days = approval_days
        self.calls_per_minute = calls_per_minute
        self.capabilities = capabilities
        self.quick_seconds = quick_seconds

    @activity.defn
    async def act(self, given: Move) -> Tail:
        """Makes the call that is due, or settles the one that is open; returns what then stands."""
        began = time.monotonic()
        async with named(), beating():
            found = await self.jobs.find(given.job, given.seen)
            move = found.state.next_move()
            due = isinstance(move, Act) and (move.open or found.standing.undisturbed)
            if isinstance(move, Act) and due and self._serves(move, found):
                found = await self._permitted(given, found, move)
                if time.monotonic() - began < self.quick_seconds and not _is_to_stop():
                    found = await self._thought_ahead(given, found)
            await self.files.written(found)
            return page(found)

    def _serves(self, move: Act, found: Found) -> bool:
        """Whether the call can be made here. One that its workflow has not seen yet is left to it, to be sent right."""
        needed = move.call.capability
        if not needed or needed in self.capabilities:
            return True
        if found.standing.undisturbed:
            raise Refused(f"this worker does not serve {needed!r}; set LONGHAUL_CAPABILITIES where {needed!r} is")
        return False

    async def _thought_ahead(self, given: Move, found: Found) -> Found:
        """The next decision, if it is due and quick. What fails here is left to `decide`, with its retries."""
        if not self.thinking.is_quick(found.state):
            return found
        try:
            async with asyncio.timeout(AHEAD_SECONDS):
                return await self.thinking.decided(found, given.now)
        except Exception as error:  # noqa: BLE001 - the call has its outcome, which must not fail for what comes after it
            log.info("job %s decides later: %s", given.job, error)
            return found

    async def _permitted(self, given: Move, found: Found, move: Act) -> Found:
        """Within the tool's rate limit, and holding the lease of the resource that it names."""
        tool = self._tool(move.call.tool)
        limit = min(self.calls_per_minute, tool.calls_per_minute)
        if wait := await self.limiter.take(f"tool:{tool.name}", limit):
            raise RateLimited(f"tool {tool.name}", wait)
        resource = tool.resource(tool.args.model_validate(move.call.args))
        lease = self.leases.hold(resource, seconds=2 * tool.seconds) if resource else contextlib.nullcontext()
        async with lease:
            return await self._call(given, found, tool)

    async def _call(self, given: Move, found: Found, tool: Tool[Any]) -> Found:
        """Records the call, unless it is open already, and settles it; returns what then stands."""
        mine = found.state.call is None
        self.stores.crash("before_call")
        recorded = await self._record(found, tool) if mine else found
        self.stores.crash("after_call")
        if recorded is None or recorded.state.call is None:
            return await self.jobs.find(given.job, given.seen)
        return await self._settle(given, recorded, tool, recorded.state.call, mine=mine)

    async def _record(self, found: Found, tool: Tool[Any]) -> Found | None:
        events = judge.call(found.standing, time.time(), tool.seconds)
        try:
            return await self.jobs.commit(found, events) if events else None
        except Raced:
            return None

    async def _settle(self, given: Move, found: Found, tool: Tool[Any], call: OpenCall, *, mine: bool) -> Found:
        outcomes = Outcomes(self.jobs, found, self.approval_days)
        settlement = Settlement(self.stores, outcomes, tool, call, now=given.now)

        async def unit() -> None:
            await settlement.run(found.state, mine)
            await _tell_if_late(outcomes.found)

        with self.thinking.ahead(found.state, given.now):
            await _seen_through(asyncio.create_task(unit()), settlement)
        return outcomes.found

    def _tool(self, name: str) -> Tool[Any]:
        if name not in self.tools:
            raise Refused(f"this worker has no tool {name!r}; deploy the worker that has it")
        return self.tools[name]


def _is_to_stop() -> bool:
    return activity.is_cancelled() or activity.is_worker_shutdown()


async def _tell_if_late(found: Found) -> None:
    """A late outcome closes a question that the workflow may be waiting on, while nobody waits for this attempt."""
    if any(isinstance(event, LateOutcome) for event in found.standing.tail):
        with contextlib.suppress(RPCError):  # an ended workflow needs no telling
            await activity.client().get_workflow_handle(f"job/{found.job}").signal("look")


async def _seen_through(unit: asyncio.Task[None], settlement: Settlement) -> None:
    """Awaits effect, outcome and telling to their end. A cancellation is a wish, honoured before the effect."""
    while not unit.done():
        try:
            await asyncio.shield(unit)
        except asyncio.CancelledError:
            stopping = activity.is_worker_shutdown()
            settlement.cancel("the worker was shut down" if stopping else "it was cancelled before it was sent")
    unit.result()
