"""The explored journal: rows that know the state which the real core folds up to them.

A row is interned: the same event after the same row is the same object, so that worlds are compared by identity. After
a restored backup (`era`) even the same event makes another row, as its salted hash would.
"""

import hashlib
from collections.abc import Iterable, Sequence

from chaos.protocol.fit import OUTCOMES, misfit
from domain import events as e
from domain.job import JobState
from domain.judge import Standing
from domain.messages import Verdict
from domain.spoken import OutcomeSettled


class Row:
    """One row: its event, the row before it, and everything that follows from the rows up to here."""

    __slots__ = (
        "after", "agains", "ends", "event", "failed", "fault", "hash", "heard", "keys", "line", "losses", "returned",
        "settled", "standings", "state", "unknowns", "version",
    )  # fmt: skip

    def __init__(self, before: "Row | None", event: e.JobEvent | None, state: JobState, mark: str) -> None:
        self.event = event
        self.ends = False
        """Whether a commit ended here."""
        self.state = state
        self.version: int = state.version
        self.hash = hashlib.sha256(mark.encode()).hexdigest()
        self.line: tuple[Row, ...] = (*(before.line if before else ()), self)
        self.after: dict[tuple[str, int], Row] = {}
        self.standings: dict[int, Standing] = {}
        self.fault: str = before.fault if before else ""
        self.heard: frozenset[str] = before.heard if before else frozenset()
        self.keys: dict[int, str] = before.keys if before else {}
        self.failed: frozenset[int] = before.failed if before else frozenset()
        self.returned: frozenset[int] = before.returned if before else frozenset()
        self.settled: frozenset[int] = before.settled if before else frozenset()
        self.agains: int = before.agains if before else 0
        self.losses: int = before.losses if before else 0
        self.unknowns: int = before.unknowns if before else 0
        if before and event:
            self._count(before, event)

    @classmethod
    def first(cls, state: JobState) -> "Row":
        """Before the first row."""
        return cls(None, None, state, "")

    def then(self, events: Iterable[e.JobEvent], era: int = 0) -> "Row":
        """The last row of `events`, appended here."""
        row = self
        for event in events:
            mark = (event.model_dump_json(), era)
            if mark not in row.after:
                row.after[mark] = Row(row, event, row.state.apply(event), f"{row.hash} {mark}")
            row = row.after[mark]
        row.ends = True
        return row

    def has(self, row: "Row") -> bool:
        """Whether that row stands in the journal that ends here."""
        return row.version <= self.version and self.line[row.version] is row

    def standing(self, seen: "Row") -> Standing:
        """What the judge is told who has seen `seen` and reads up to here."""
        if seen.version not in self.standings:
            tail = tuple(row.event for row in self.line[seen.version + 1 :] if row.event)
            self.standings[seen.version] = Standing(seen=seen.version, tail=tail, state=self.state)
        return self.standings[seen.version]

    def since(self, row: "Row") -> Sequence["Row"]:
        """The rows after that one."""
        return self.line[row.version + 1 :]

    def _count(self, before: "Row", event: e.JobEvent) -> None:
        self.fault = self.fault or misfit(before.state, event, self.state, before.heard, before.settled)
        if message_id := getattr(event, "message_id", ""):
            self.heard |= {message_id}
        if isinstance(event, OUTCOMES):
            self.settled |= {event.call}
        match event:
            case e.ToolCalled():
                opened = self.state.call
                self.keys = {**self.keys, self.version: opened.key if opened else f"{self.version}"}
            case e.ToolReturned() | e.LateOutcome(happened=True):
                self.returned |= {event.call}
            case e.ToolFailed() | e.LateOutcome(happened=False):
                self.failed |= {event.call}
            case e.OutcomeUnknown():
                self.unknowns += 1
            case OutcomeSettled(verdict=Verdict.AGAIN):
                self.agains += 1
            case e.LossAccepted():
                self.losses += 1
            case _:
                pass
