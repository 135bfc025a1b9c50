"""What workflows are started with, and what they give back.

Pydantic models are built here once, outside the sandbox, and not anew for every workflow instance.
"""

from datetime import date

from domain.events import JobRequested
from domain.frozen import Frozen, Id
from domain.head import Head
from domain.messages import Message
from workflows.options import Timing


class JobStart(Frozen):
    """What a job's workflow is started with. `seen`, `inbox` and `unnamed` travel with continue-as-new."""

    job: Id
    request: JobRequested | None = None
    timing: Timing = Timing()
    seen: Head | None = None
    inbox: tuple[Message, ...] = ()
    unnamed: int = 0


class JobResult(Frozen):
    """How a job ended, and the head of its journal then: a tail that was cut off later is seen."""

    job: str
    status: str
    text: str
    steps: int
    head: Head


class UpkeepStart(Frozen):
    """What upkeep's workflow is started with: the seconds from one look to the next, and what it does.

    It `compacts` memories and `reports` of each day only when it is told so: a run that an older release has started is
    not. `reported` travels with continue-as-new.
    """

    every: float = 300.0
    timing: Timing = Timing()
    compacts: bool = False
    reports: bool = False
    reported: date | None = None


class AgentStart(Frozen):
    """What an agent's workflow is started with.

    `requests` travel with continue-as-new, and whether open jobs are known to be `running`. `run_events` is how many
    events of history a run takes on after its first turn (which starts every open job, and may be long).
    """

    agent: Id
    timing: Timing = Timing()
    requests: tuple[JobRequested, ...] = ()
    running: bool = False
    run_events: int = 100
