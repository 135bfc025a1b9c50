"""What becomes of a call: the outcome is judged and appended until it stands, or until another outcome does."""

import hashlib
import time
from collections.abc import Sequence

from agents.tools.tool import ToolResult
from domain import judge
from domain.canonical import canonical
from domain.decision import Terms
from domain.errors import Raced, ToolFault, Unstorable
from domain.events import FaultKind, FileWritten, JobEvent, OutcomeUnknown, ToolFailed, ToolReturned
from domain.facts import OpenCall
from domain.head import Head
from domain.todo import ItemResult
from stores import artifacts
from stores.jobs import Found, Jobs
from stores.postgres import Connection

DATA_BYTES = 4096
UNKNOWN_DEFAULT = "it stays unknown whether it happened, and the job goes on without it"
AGAIN_WARNING = "sending it again may repeat it"


class Outcomes:
    """Writes outcomes of one job's calls."""

    def __init__(self, jobs: Jobs, agent: str, job: str, *, seen: Head, approval_days: float) -> None:
        self.jobs = jobs
        self.agent = agent
        self.job = job
        self.seen = seen
        self.approval_days = approval_days

    async def returned(self, call: OpenCall, result: ToolResult, asked: bool = False) -> None:
        """The effect happened (or had happened, as the target said when it was asked)."""
        event = returned(call, result, "asked" if asked else "done")
        await self._settle(call, event, contents(result))

    async def failed(self, call: OpenCall, kind: FaultKind, why: str) -> None:
        """The effect is known not to have happened."""
        await self._settle(call, ToolFailed(call=call.version, kind=kind, why=why[:500], at=time.time()))

    async def unknown(self, call: OpenCall, why: str, now: float) -> None:
        """Nobody can tell; a person is asked. `now` is the workflow's clock, which people's deadlines run on."""
        event = OutcomeUnknown(
            call=call.version,
            why=why[:500],
            about=f"did it go out? {call.call.summary} ({AGAIN_WARNING})",
            deadline=Terms(now=now, days=self.approval_days).deadline(UNKNOWN_DEFAULT),
            at=time.time(),
        )
        await self._settle(call, event)

    async def find(self) -> Found:
        """What the journal holds now."""
        return await self.jobs.find(self.job, self.seen)

    async def open_call(self, call: OpenCall) -> OpenCall | None:
        """The call as it stands now, or None when it has an outcome."""
        return judge.open_call((await self.find()).standing, call.version)

    async def renewed(self, call: OpenCall, seconds: float) -> OpenCall | None:
        """The call with a new deadline, or None when another attempt or a person came first."""
        found = await self.find()
        events = judge.renewal(found.standing, call, time.time(), seconds)
        if not events:
            return None
        try:
            return (await self.jobs.commit(found, events)).state.call
        except Raced:
            return None

    async def _settle(
        self, call: OpenCall, event: ToolReturned | ToolFailed | OutcomeUnknown, kept: Sequence[bytes] = ()
    ) -> None:
        async def keep(connection: Connection) -> Sequence[JobEvent]:
            for content in kept:
                await artifacts.keep(connection, content)
            return ()

        while True:
            found = await self.find()
            events = judge.outcome(found.standing, event)
            if not events:
                return
            try:
                await self.jobs.commit(found, events, within=keep if kept else None)
            except Raced:
                continue
            else:
                return


def returned(call: OpenCall, result: ToolResult, how: str) -> ToolReturned:
    """The event for a result. Raises `Unstorable` for data that is too large or no JSON."""
    if len(canonical(result.data)) > DATA_BYTES:
        raise Unstorable(f"the data of {call.call.tool} is over {DATA_BYTES} bytes; return it as content")
    return ToolReturned.model_validate(
        {
            "call": call.version,
            "how": how,
            "result": ItemResult(text=result.text[:2000], data=result.data, ref=_ref(result.content)),
            "files": [FileWritten(path=path, sha256=_sha256(content)) for path, content in result.files.items()],
            "at": time.time(),
        }
    )


def contents(result: ToolResult) -> list[bytes]:
    """Everything of a result that is kept as an artifact."""
    return [*([result.content] if result.content is not None else []), *result.files.values()]


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
