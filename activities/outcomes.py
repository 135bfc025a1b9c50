"""What becomes of a call: the outcome is judged and appended until it stands, or until another outcome does."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from agents.tools.tool import Tool, ToolResult
from domain import judge
from domain.answers import Effect
from domain.canonical import canonical
from domain.decision import Terms
from domain.errors import Disconnected, Raced, ToolFault, Unstorable
from domain.events import FaultKind, FileWritten, JobEvent, OutcomeUnknown, ToolFailed, ToolReturned
from domain.facts import OpenCall
from domain.paths import wrong
from domain.todo import ItemResult
from stores import artifacts
from stores.jobs import Found, Jobs, Within
from stores.postgres import Connection

DATA_BYTES = 4096
TEXT_LENGTH = 2000
PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 0.2
UNKNOWN_DEFAULT = "it stays unknown whether it happened, and the job goes on without it"
AGAIN_WARNING = "sending it again may repeat it"


class Outcomes:
    """Writes outcomes of one job's calls."""

    def __init__(self, jobs: Jobs, found: Found, approval_days: float) -> None:
        asked = found.state.asked
        assert asked is not None
        self.jobs = jobs
        self.agent = asked.agent
        self.job = asked.job
        self.found = found
        """What the journal held when it was last read or written here; an append that comes too late reads it anew."""
        self.approval_days = approval_days

    async def returned(self, tool: Tool[Any], call: OpenCall, result: ToolResult, asked: bool = False) -> None:
        """The effect happened (or had happened, as the target said when it was asked)."""
        how = "asked" if asked else "done"
        try:
            event = returned(tool, call, result, how)
        except Unstorable as error:
            if call.call.effect is Effect.PURE:
                return await self.failed(call, "invalid", str(error))
            result = ToolResult(text=f"it happened; its result could not be kept: {error}")
            event = returned(tool, call, result, how)
        await self._settle(event, contents(result))

    async def failed(self, call: OpenCall, kind: FaultKind, why: str) -> None:
        """The effect is known not to have happened, unless somebody else has renewed the call since."""
        await self._settle(ToolFailed(call=call.version, kind=kind, why=why[:500], at=time.time()), known=call)

    async def unknown(self, call: OpenCall, why: str, now: float) -> None:
        """Nobody can tell; a person is asked. `now` is the workflow's clock, which people's deadlines run on."""
        event = OutcomeUnknown(
            call=call.version,
            why=why[:500],
            about=f"did it go out? {call.call.summary} ({AGAIN_WARNING})",
            deadline=Terms(now=now, days=self.approval_days).deadline(UNKNOWN_DEFAULT),
            at=time.time(),
        )
        await self._settle(event)

    async def find(self) -> Found:
        """What the journal holds now."""
        self.found = await self.jobs.find(self.job, self.found.seen)
        return self.found

    async def open_call(self, call: OpenCall) -> OpenCall | None:
        """The call as it stands now, or None when it has an outcome."""
        return judge.open_call((await self.find()).standing, call.version)

    async def renewed(self, call: OpenCall, seconds: float) -> OpenCall | None:
        """The call with a new deadline, or None when another attempt or a person came first."""
        events = judge.renewal((await self.find()).standing, call, time.time(), seconds)
        if not events:
            return None
        try:
            await self.commit(events)
        except Raced:
            return None
        return self.found.state.call

    async def _settle(
        self,
        event: ToolReturned | ToolFailed | OutcomeUnknown,
        kept: Sequence[bytes] = (),
        known: OpenCall | None = None,
    ) -> None:
        async def keep(connection: Connection) -> Sequence[JobEvent]:
            for content in kept:
                await artifacts.keep(connection, content)
            return ()

        async def attempt() -> None:
            if events := judge.outcome(self.found.standing, event, known):
                await self.commit(events, within=keep if kept else None)

        await self.insist(attempt)

    async def commit(self, events: Sequence[JobEvent] = (), within: Within | None = None) -> None:
        """Appends right after what was found."""
        self.found = await self.jobs.commit(self.found, events, within)

    async def insist(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Makes attempts until one is neither raced nor cut off: an outcome in hand is not let go for that."""
        patience = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await attempt()
            except Raced:
                await self.find()
            except Disconnected:
                await self._found_again(patience)

    async def _found_again(self, patience: float) -> None:
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            try:
                await self.find()
            except Disconnected:
                if time.monotonic() > patience:
                    raise
            else:
                return


def returned(tool: Tool[Any], call: OpenCall, result: ToolResult, how: str) -> ToolReturned:
    """The event for a result. Raises `Unstorable` for what is too large or no JSON."""
    canonical(result.text)
    if too_large := [content for content in contents(result) if len(content) > artifacts.LARGEST]:
        raise Unstorable(f"{call.call.tool} gave {len(too_large[0])} bytes; content has at most {artifacts.LARGEST}")
    for path in result.files:
        if why := wrong(path):
            raise Unstorable(f"a file of {call.call.tool} is named {path!r}, which {why}")
    if len(canonical(result.data)) > DATA_BYTES:
        raise Unstorable(f"the data of {call.call.tool} is over {DATA_BYTES} bytes; return it as content")
    return ToolReturned.model_validate(
        {
            "call": call.version,
            "how": how,
            "result": ItemResult(text=result.text[:TEXT_LENGTH], data=result.data, ref=_ref(_content(result))),
            "files": [FileWritten(path=path, sha256=_sha256(content)) for path, content in result.files.items()],
            "at": time.time(),
            "trust": tool.trust(result),
        }
    )


def contents(result: ToolResult) -> list[bytes]:
    """Everything of a result that is kept as an artifact."""
    content = _content(result)
    return [*([content] if content is not None else []), *result.attachments, *result.files.values()]


def _content(result: ToolResult) -> bytes | None:
    """What is kept by reference: the tool's content, or the whole of a text that is cut."""
    if result.content is None and len(result.text) > TEXT_LENGTH:
        return result.text.encode()
    return result.content


def fault_kind(error: Exception) -> FaultKind:
    """The kind of a tool's error."""
    match error:
        case TimeoutError():
            return "timeout"
        case Unstorable():
            return "invalid"
        case ToolFault(kind="timeout" | "rate_limited" | "refused" | "invalid" | "cancelled" as kind):
            return kind
        case _:
            return "crashed"


def _ref(content: bytes | None) -> str | None:
    return None if content is None else _sha256(content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
