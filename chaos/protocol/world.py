"""The explored world at one moment: immutable, hashable, and no larger than the promises need.

journal   the last row; rows are interned, so a row is its whole history
life      the workflow: what it has seen, its inbox, the activity that it waits for
attempts  of activities, each between two of its commit points; one that is not `current` is a zombie: the workflow
          no longer waits for it, and it does not know
target    what tools reached: key, call, the text that came, how often it was applied
"""

from typing import NamedTuple

from chaos.protocol.rows import Row


class Attempt(NamedTuple):
    """One attempt of an activity. `at` is what it does next."""

    work: str
    seen: Row
    at: str = "find"
    found: Row | None = None
    call: Row | None = None
    """The row up to which this attempt knows the call that it settles."""
    current: bool = True
    retry: bool = False
    mine: bool = False
    sole: bool = False
    """Whether no other attempt can have sent the call."""
    voided: bool = False
    cancelled: bool = False
    sent: bool = False
    note: str = ""
    """The outcome in hand, or what failed."""
    batch: tuple[str, ...] = ()
    now: float = 0.0


class Life(NamedTuple):
    """One life of the job's workflow. `seen` is None until the job was opened for it."""

    seen: Row | None
    inbox: tuple[str, ...] = ()
    heard_last: bool = False
    running: bool = False
    news: bool = False
    stopped: bool = False
    """The journal lacks what was seen."""
    done: bool = False


class Applied(NamedTuple):
    """What the target did under one key."""

    key: str
    call: Row
    text: str
    times: int = 1
    forgotten: bool = False
    """Whether a backup was restored since: the journal may have lost what it said of this."""


class World(NamedTuple):
    """Everything. `broken` is the promise that the last step has broken."""

    journal: Row
    life: Life
    attempts: tuple[Attempt, ...] = ()
    target: tuple[Applied, ...] = ()
    clock: int = 0
    """The machines' clock, which a call's deadline is on: counted in deadlines."""
    now: float = 0.0
    """The workflow's clock."""
    era: int = 0
    """How often an older backup was restored."""
    said: tuple[str, ...] = ()
    unheard: frozenset[str] = frozenset()
    """What was said and not recorded when the server was lost."""
    lost: frozenset[str] = frozenset()
    """What was recorded, and lost when a backup was restored."""
    confirmed: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
    """What has gone wrong so far, sorted."""
    broken: str = ""


class Step(NamedTuple):
    """One thing that happens. `free` steps need no fault and nobody's word: they alone must lead to the end."""

    who: str
    what: str
    world: World
    free: bool = True
