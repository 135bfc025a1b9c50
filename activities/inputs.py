"""What activities are given and give back. `seen` is the head of the journal that the workflow has applied."""

from domain.events import AnyJobEvent, FaultKind, JobRequested
from domain.facts import Step
from domain.frozen import Frozen, Id
from domain.head import Head
from domain.job import JobState
from domain.messages import Message
from domain.spoken import AnySpokenEvent

WAITED = "longhaul_waited"
"""The histogram of how long jobs wait for people, which their workflows record into."""


class Tail(Frozen):
    """What stands after the version seen. `more` says that the page was cut; `receipts` answer repeated messages."""

    after: int
    events: tuple[AnyJobEvent, ...] = ()
    head: Head
    more: bool = False
    receipts: tuple[AnySpokenEvent, ...] = ()


class OpenJob(Frozen):
    """Open a job, or find it open: `request` may be absent when it is queued already."""

    job: Id
    request: JobRequested | None = None
    seen: Head | None = None
    now: float


class Opened(Frozen):
    """A job's folded state and the head of its journal."""

    state: JobState
    head: Head


class Move(Frozen):
    """Make the next move of a job. `now` is the workflow's clock (Unix seconds)."""

    job: Id
    seen: Head
    now: float


class Record(Move):
    """Record what people said, in the order in which it came."""

    messages: tuple[Message, ...]


class ReadOn(Move):
    """Say what stands now, after an activity that gave no result, and record its failure if it had done nothing."""

    kind: FaultKind
    why: str


class NextJob(Frozen):
    """Which job of the agent is to work now? With `opened`, also which ones had been opened."""

    agent: Id
    opened: bool = False


class Next(Frozen):
    """The job to start (`pending`) or to wake (`ready`), if any; else the one at work. `goal` is the former's."""

    job: Id | None = None
    status: str = ""
    open_jobs: int
    opened: tuple[Id, ...] = ()
    goal: str = ""
    at_work: Id | None = None


class Seen(Frozen):
    """What a job's workflow has seen of its journal: `steps` are the last finished calls; `stopped`, why it stands."""

    asked: JobRequested | None
    head: Head
    steps: tuple[Step, ...] = ()
    stopped: str = ""
