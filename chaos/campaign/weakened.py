"""Negative controls: a worker that lacks one safeguard. A campaign that does not notice it has proved nothing.

The safeguards are taken out here, in the campaign's own worker process; the product has no switch for any of them.

    keys         a call's key is drawn anew for each attempt
    fencing      an append goes to the end of the stream, whatever stands there by now
    intent       a call is written down together with its outcome, not before its effect
    replace      a file is overwritten in place
    outbox       a notice is sent soon after the commit, or never if its sender is gone by then
    synchronous  Postgres confirms a commit before it is on disk
"""

import asyncio
import dataclasses
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from activities import settle, tools
from activities.inputs import Move
from agents.tools.tool import ToolContext
from domain import judge
from domain.errors import Raced
from domain.events import JobEvent
from domain.moves import Act
from stores import jobs, journal, postgres, relay, workspace
from stores.jobs import Found, Jobs, Within
from stores.redis import AWAY, answered

SOON_SECONDS = 0.2


def keys() -> None:
    known = settle.Settlement._context

    def context(self: settle.Settlement, *given: Any) -> ToolContext:
        ctx = known(self, *given)
        return dataclasses.replace(ctx, key=f"{ctx.key}/{secrets.token_hex(4)}")

    settle.Settlement._context = context  # type: ignore[method-assign, assignment]


def fencing() -> None:
    """What was decided on an older state is appended all the same, and carried out as if nothing else had come.

    It is for workers that cannot be told any more; these are deaf to Temporal's cancellation as well.
    """
    commit, permitted = Jobs.commit, tools.ToolActivities._permitted

    async def unfenced(
        self: Jobs, found: Found, events: Sequence[JobEvent] = (), within: Within | None = None
    ) -> Found:
        now = found
        while True:
            try:
                appended = await commit(self, now, events, within)
            except Raced:
                now = await self.find(found.job, found.seen)
            else:
                count = len(appended.standing.tail) - len(now.standing.tail)
                return appended if now is found else _believed(found, appended, count)

    async def deaf(self: tools.ToolActivities, given: Move, found: Found, move: Act) -> Found:
        return await asyncio.shield(asyncio.create_task(permitted(self, given, found, move)))

    Jobs.commit = unfenced  # type: ignore[method-assign]
    tools.ToolActivities._permitted = deaf  # type: ignore[method-assign]


def _believed(found: Found, appended: Found, count: int) -> Found:
    """What the writer takes to stand: its events, so many, right after what it had seen."""
    events, heads = appended.standing.tail[-count:], appended.heads[-count:]
    tail, state = (*found.standing.tail, *events), found.state.apply_all(events)
    standing = found.standing.model_copy(update={"tail": tail, "state": state})
    return dataclasses.replace(found, standing=standing, heads=(*found.heads, *heads))


def intent() -> None:
    """The call stands in the state of the attempt alone until its outcome is appended, with the call before it."""
    commit = Jobs.commit

    async def record(self: tools.ToolActivities, found: Found, tool: Any) -> Found | None:
        called = judge.call(found.standing, time.time(), tool.seconds)
        return _imagined(found, called) if called else None

    async def together(
        self: Jobs, found: Found, events: Sequence[JobEvent] = (), within: Within | None = None
    ) -> Found:
        if not isinstance(found, _Imagined):
            return await commit(self, found, events, within)
        return await commit(self, found.real, (*found.called, *events), within)

    tools.ToolActivities._record = record  # type: ignore[method-assign]
    Jobs.commit = together  # type: ignore[method-assign]


@dataclasses.dataclass(frozen=True)
class _Imagined(Found):
    """A call that nobody has written down."""

    real: Found = None  # type: ignore[assignment] # given by `_imagined`, always
    called: tuple[JobEvent, ...] = ()


def _imagined(found: Found, called: tuple[JobEvent, ...]) -> _Imagined:
    standing = found.standing.model_copy(update={"state": found.state.apply_all(called)})
    fields = {each.name: getattr(found, each.name) for each in dataclasses.fields(Found)}
    return _Imagined(**{**fields, "standing": standing}, real=found, called=called)


def replace() -> None:
    def in_place(
        self: workspace.Workspace, agent: str, path: str, content: bytes, at: Callable[[str], None] = lambda point: None
    ) -> None:
        at("before_rename")
        whole: Path = self.root / agent / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        with whole.open("wb") as file:
            file.write(content[: len(content) // 2])
            file.flush()
            self.at("before_rename")
            file.write(content[len(content) // 2 :])
        self.at("after_rename")
        at("after_rename")

    workspace.Workspace.replace = in_place  # type: ignore[method-assign]


def outbox() -> None:
    """No row of a job's event waits for the relay; who has committed it tells Redis soon after, once."""
    of = jobs._Append.of

    def without_row(found: Found, events: Sequence[JobEvent]) -> jobs._Append:
        append = of(found, events)
        return dataclasses.replace(append, statement=append.statement.replace(journal.TOLD, "select 1"))

    jobs._Append.of = staticmethod(without_row)  # type: ignore[method-assign]
    told: list[Callable[[str, int, Found], Awaitable[None]]] = []
    telling = set[asyncio.Task[None]]()
    made = relay.Relay.__init__

    def known(self: relay.Relay, pool: Any, redis: Any) -> None:
        made(self, pool, redis)

        async def tell(stream: str, version: int, found: Found) -> None:
            assert found.state.asked is not None
            notice = {"stream": stream, "version": version, "type": "", "at": 0.0, "data": {}}
            await asyncio.sleep(SOON_SECONDS)
            try:
                async with answered():
                    await redis.xadd(relay.stream_key(found.state.asked.agent), {"notice": json.dumps(notice)})
            except AWAY:
                return

        told.append(tell)

    commit = Jobs.commit

    async def commit_and_tell(
        self: Jobs, found: Found, events: Sequence[JobEvent] = (), within: Within | None = None
    ) -> Found:
        after = await commit(self, found, events, within)
        for version in range(found.head.version + 1, after.head.version + 1):
            task = asyncio.ensure_future(told[0](f"job/{found.job}", version, after))
            telling.add(task)
            task.add_done_callback(telling.discard)
        return after

    relay.Relay.__init__ = known  # type: ignore[method-assign]
    Jobs.commit = commit_and_tell  # type: ignore[method-assign]


def synchronous() -> None:
    postgres.SESSION += " -c synchronous_commit=off"


CONTROLS: dict[str, Callable[[], None]] = {
    "keys": keys,
    "fencing": fencing,
    "intent": intent,
    "replace": replace,
    "outbox": outbox,
    "synchronous": synchronous,
}


def weaken(without: str) -> None:
    """Takes the safeguard of that name out of this process; nothing when there is no name."""
    if without:
        CONTROLS[without]()
