"""The oracle of effects: the witness, joined with the journal."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chaos.campaign.evidence import Evidence, rate
from chaos.campaign.expected import FACTS, end
from chaos.campaign.found import Effect, Finding, Oracle
from chaos.campaign.script import EFFECTLESS
from chaos.campaign.witness import Line
from domain.report import Rate
from stores.postgres import reading

PAUSE_SECONDS = 1.0
"""Longer than any sender needs from its last check to its effect, unless it stands still."""
KEPT = "select job, item, count(*) from kept group by job, item"

Item = tuple[str, str]
"""A job and one of its items."""


@dataclass(frozen=True)
class Effects:
    """Every effect of a run's jobs: the witness's lines, and how often each item's effect has happened.

    Whatever keys it went under: each item is wanted once.
    """

    evidence: Evidence
    lines: Sequence[Line]
    times: Mapping[Item, int]

    @classmethod
    async def of(cls, evidence: Evidence, lines: Iterable[Line]) -> "Effects":
        """With those in Postgres, which are rows of the tool's own table."""
        ours, times = [line for line in lines if line.job in evidence.plans], Counter[Item]()
        for line in ours:
            times[line.job, line.item] += line.applied
        async with reading(evidence.arena.longhaul.pool) as connection:
            for job, item, count in await (await connection.execute(KEPT)).fetchall():
                times[job, item] += count
        return cls(evidence, ours, times)

    def findings(self) -> Iterator[Finding]:
        """What happened twice; what the journal calls done and never happened; what it has no call of."""
        over = {job: seen for job, seen in self.evidence.seen.items() if seen.state.end}
        for (job, item), count in self.times.items():
            if count > 1:
                yield _finding(job, f"{item} happened {count} times")
            if count and job in over and item not in over[job].called:
                yield _finding(job, f"{item} happened without a call in the journal")
        for job, seen in over.items():
            for item in end(seen.state).completed:
                if not item.startswith(EFFECTLESS) and not self.times.get((job, item)):
                    yield _finding(job, f"{item} is completed and never happened")

    def by_tool(self) -> tuple[Effect, ...]:
        """The rates of each tool that changes something."""
        called = {(job, item) for job, seen in self.evidence.seen.items() for item in seen.called}
        doubted = {
            (job, call.open.call.item) for job, seen in self.evidence.seen.items() for call in seen.state.unknown
        }
        repeated = {of: count > 1 for of, count in self.times.items() if count}
        unknown = {of: of in doubted for of in called}
        return tuple(
            Effect(tool=tool, effect=FACTS[tool].effect, duplicates=_of(tool, repeated), unknown=_of(tool, unknown))
            for tool in FACTS
            if tool != "look"
        )

    @property
    def in_the_pause(self) -> int:
        """Repeated effects whose sender stood still between its last check and the effect."""
        late = [line for line in self.lines if line.applied and line.at - line.checked > PAUSE_SECONDS]
        return sum(self.times[line.job, line.item] > 1 for line in late)


def _finding(job: str, what: str) -> Finding:
    return Finding(oracle=Oracle.EFFECTS, about=job, what=what)


def _of(tool: str, amiss: Mapping[Item, bool]) -> Rate:
    """Of the items of a tool, how many were amiss."""
    ours = {of: ill for of, ill in amiss.items() if of[1].partition(":")[0] == tool}
    ill = {job for (job, _), is_ill in ours.items() if is_ill}
    return rate(sum(ours.values()), len(ours), len(ill), len({job for job, _ in ours}))
