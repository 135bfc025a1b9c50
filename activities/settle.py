"""How an open call comes to its outcome, by its effect.

                    the attempt that recorded the call      a later attempt that finds it open
    pure            runs                                    runs
    transactional   runs, in one commit with the outcome    the same: an open call proves that nothing was committed
    keyed           runs                                    renews the deadline, runs with the same key
    lookup          runs                                    outlives the deadline, asks; only on a no renews and runs
    once            runs                                    outlives the deadline; the outcome is unknown

A call that people have voided, or that failed too often, is never sent: it is asked about, failed when it is known to
be unsent, and unknown otherwise. Nobody sends after the call's deadline, so that whoever waited for it knows that no
other attempt is still about to send (but for one suspended in the instant between the check and the send).
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from activities.crash import CrashPoints
from activities.kept import Statements, keep
from activities.outcomes import Outcomes, fault_kind, returned
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain import judge
from domain.answers import Effect
from domain.errors import NotFound, ToolFault, ToolInDoubt, ToolInvalid, ToolUnsent, Unstorable
from domain.events import JobEvent
from domain.facts import MAX_FAILURES, OpenCall
from domain.job import JobState
from domain.memory import Author, Entry
from domain.packing import packed
from domain.words import words_of
from stores.artifacts import Artifacts
from stores.memory import Memories
from stores.postgres import Connection, Pool, act_for, is_passing
from stores.search import Search
from stores.shelf import Shelf
from stores.workspace import Workspace

CLOCK_MARGIN = 0.2
"""Seconds past a deadline before another attempt believes that nobody sends any more."""
LOOK_AGAIN = 0.2
VOIDED = "people changed or ended what this call was made for"


class ToolCrashed(ToolFault):
    """The tool raised an error inside its transaction, which was rolled back."""


@dataclass(frozen=True)
class Stores:
    """What a settlement reads and writes."""

    memories: Memories
    artifacts: Artifacts
    crash: CrashPoints
    workspace: Workspace
    home: str

    def files(self, pool: Pool, agent: str) -> Shelf:
        """The files of an agent, to be read."""
        return Shelf(pool, self.workspace, agent)


class Settlement:
    """One attempt to bring one call to its outcome. `now` is the workflow's clock."""

    def __init__(self, stores: Stores, outcomes: Outcomes, tool: Tool[Any], call: OpenCall, now: float) -> None:
        self.stores = stores
        self.outcomes = outcomes
        self.tool = tool
        self.call = call
        self.now = now
        self.cancelled = ""

    def cancel(self, why: str) -> None:
        """Wishes that nothing be sent any more; honoured up to the effect."""
        self.cancelled = why

    async def run(self, state: JobState, mine: bool) -> None:
        """Settles the call. `mine` says that this attempt recorded it, so that nobody else can have sent it."""
        if state.call_is_voided:
            return await self._give_up(VOIDED)
        if state.failures >= MAX_FAILURES:
            return await self._give_up(f"it failed too often; the last time: {state.fault}")
        match self.tool.effect:
            case Effect.TRANSACTIONAL:
                await self._transact()
            case Effect.PURE:
                await self._send(sole=True)
            case _ if mine:
                await self._send(sole=True)
            case Effect.KEYED:
                await self._send_again(sole=False)
            case Effect.LOOKUP:
                await self._ask_then_send()
            case Effect.ONCE:
                await self._give_up("the worker ended between the call and its outcome")

    async def _send(self, sole: bool) -> None:
        """Runs the tool. `sole` says that no other attempt can have sent the call, so that "unsent" is an outcome."""
        try:
            result = await self._run(self._context())
        except Exception as error:  # noqa: BLE001 - a tool is foreign code: whatever it raises is judged here
            return await self._fault(error, sole)
        self.stores.crash("after_effect")
        await self.outcomes.returned(self.tool, self.call, result)
        self.stores.crash("after_outcome")

    async def _run(self, context: ToolContext) -> ToolResult:
        args = self._args()
        self._last_check()
        self.stores.crash("before_effect")
        async with asyncio.timeout(self._seconds_left()):
            return await self.tool.run(context, args)

    async def _fault(self, error: Exception, sole: bool) -> None:
        unsent = isinstance(error, ToolUnsent | ToolInvalid)
        if self.tool.effect is Effect.PURE or (sole and unsent):
            await self.outcomes.failed(self.call, fault_kind(error), words_of(error))
        elif self.tool.effect is Effect.ONCE or isinstance(error, ToolInDoubt):
            await self.outcomes.unknown(self.call, words_of(error), self.now)
        else:
            raise error

    async def _send_again(self, sole: bool) -> None:
        renewed = await self.outcomes.renewed(self.call, self.tool.seconds)
        if renewed:
            self.call = renewed
            await self._send(sole)

    async def _ask_then_send(self) -> None:
        if not await self._outlived():
            return
        if not await self._asked():
            await self._send_again(sole=True)

    async def _asked(self) -> bool:
        """Asks the target. On a yes the call has its outcome."""
        assert self.tool.lookup is not None
        async with asyncio.timeout(self.tool.seconds):
            result = await self.tool.lookup(self._context(), self._args())
        if result is None:
            return False
        await self.outcomes.returned(self.tool, self.call, result, asked=True)
        return True

    async def _outlived(self) -> bool:
        """Waits until nobody sends this call any more. False when it got an outcome meanwhile."""
        while current := await self.outcomes.open_call(self.call):
            self.call = current
            if time.time() > current.deadline + CLOCK_MARGIN:
                return True
            await asyncio.sleep(LOOK_AGAIN)
        return False

    async def _give_up(self, why: str) -> None:
        """Settles without sending."""
        if self.tool.effect in (Effect.PURE, Effect.TRANSACTIONAL):
            return await self.outcomes.failed(self.call, "crashed", why)
        if not await self._outlived():
            return None
        if self.tool.effect is not Effect.LOOKUP:
            return await self.outcomes.unknown(self.call, why, self.now)
        return await self._ask_once_more(why)

    async def _ask_once_more(self, why: str) -> None:
        try:
            happened = await self._asked()
        except Exception as error:  # noqa: BLE001 - a tool is foreign code; what it cannot tell, a person must
            return await self.outcomes.unknown(self.call, f"{why}; asking failed: {words_of(error)}", self.now)
        if not happened:
            await self.outcomes.failed(self.call, "crashed", why)
        return None

    async def _transact(self) -> None:
        try:
            await self.outcomes.insist(self._commit)
        except ToolCrashed as crashed:
            cause = crashed.__cause__
            assert isinstance(cause, Exception)
            await self.outcomes.failed(self.call, fault_kind(cause), words_of(cause))
        self.stores.crash("after_outcome")

    async def _commit(self) -> None:
        standing = self.outcomes.found.standing
        if not judge.open_call(standing, self.call.version):
            return None
        if standing.state.call_is_voided:  # by what came between reading and committing
            return await self._give_up(VOIDED)
        await self.outcomes.commit(within=self._within)

    async def _within(self, connection: Connection) -> Sequence[JobEvent]:
        await act_for(connection, self.outcomes.agent)
        try:
            result = await self._run(self._context(Statements(connection)))
        except Exception as error:
            if is_passing(error):
                raise
            raise ToolCrashed(words_of(error)) from error
        self.stores.crash("after_effect")
        job, agent = self.outcomes.job, self.outcomes.agent
        author = Author(f"job {job}", self.call.at, job, self.call.step)
        try:
            await keep(connection, self.stores.memories, agent, author, result)
            return (returned(self.tool, self.call, result, "transaction"),)
        except (Unstorable, ToolInvalid) as error:
            raise ToolCrashed(words_of(error)) from error

    def _args(self) -> Args:
        args: Args = self.tool.args.model_validate(self.call.call.args)
        return args

    def _last_check(self) -> None:
        """Raises `ToolUnsent` when the call must not be sent any more."""
        if self.cancelled:
            raise ToolUnsent(self.cancelled, kind="cancelled")
        if self._seconds_left() <= 0:
            raise ToolUnsent("its deadline had passed before it was sent", kind="timeout")

    def _seconds_left(self) -> float:
        """Until the call's deadline; what changes nothing outside of our Postgres may run at any time."""
        anytime = self.tool.effect in (Effect.PURE, Effect.TRANSACTIONAL)
        return self.tool.seconds if anytime else self.call.deadline - time.time()

    def _context(self, execute: Statements | None = None) -> ToolContext:
        job = self.outcomes.job
        return ToolContext(
            job=job,
            agent=self.outcomes.agent,
            key=f"{job}/{self.call.key}",
            step=self.call.step,
            now=self.call.at,
            home=self.stores.home,
            last_check=self._last_check,
            artifact=self._artifact,
            execute=execute,
            files=self.stores.files(self.outcomes.jobs.pool, self.outcomes.agent),
            recall=self._recall,
            influence=self.outcomes.found.state.influence,
            told=self.outcomes.found.state.told,
        )

    async def _recall(self, question: str, agent: str, tokens: int) -> tuple[Entry, ...]:
        reader, job, step = self.outcomes.agent, self.outcomes.job, self.call.step
        wanted = Search(agent=agent, question=question, now=self.now, reader=reader, job=job, step=step)
        return packed((found.entry for found in (await self.stores.memories.search(wanted)).found), tokens)

    async def _artifact(self, sha256: str) -> bytes:
        try:
            return await self.stores.artifacts.fetch(sha256)
        except NotFound as error:
            raise ToolInvalid(str(error)) from error
