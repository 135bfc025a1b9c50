"""Compaction: old entries of a section become one summary that names them; they go to the archive.

    due ──▶ summarised, by a model or by extraction ──▶ judged on the memory of that moment ──▶ sources archived,
                                                            │                                   summary added
                                                            └─ a source was changed meanwhile: given up

Only what may be said in other words is due: entries of the sections without goals and rules, that are our own or a
person's, not pinned, not disputed, and that nothing else ends: neither a date, nor a newer entry of their topic (a
summary would outlive both). What a rollback has put back stays as it is. What is from elsewhere is never summarised:
its words stay quoted, under its source. A summary is the agent's own word, even when all its sources are a person's.
"""

from collections.abc import Iterable

from pydantic import Field

from domain.disputes import disputes
from domain.errors import InvalidAnswer
from domain.extract import extract
from domain.facts import DAY
from domain.frozen import Frozen
from domain.memory import (
    AgentEvent,
    AgentState,
    Entry,
    MemoryAdded,
    MemoryArchived,
    Trust,
)
from domain.memory_file import LONGEST, line_tokens
from domain.sections import HELD_BY_PEOPLE, Section
from domain.summary_head import head
from domain.tokens import tokens

SECTIONS = tuple(section for section in Section if section not in HELD_BY_PEOPLE)
EXTRACTION = "extraction"
LEAST_TOKENS, MOST_TOKENS = 60, 500
"""Of a summary, which has at most half of those that its sources had."""


class Policy(Frozen):
    """When a section is due: it has `entries` that were recorded `days` ago. At most `most` go into one summary."""

    days: float = Field(default=3.0, ge=0, le=36_500)
    entries: int = Field(default=8, ge=8)
    most: int = 40

    def before(self, now: float) -> float:
        """Until when (Unix seconds) an entry must have been recorded to be old at `now`."""
        return now - self.days * DAY


class Due(Frozen):
    """The entries of a section that one summary is to replace, in the order of their time."""

    section: Section
    sources: tuple[Entry, ...]

    @property
    def most(self) -> int:
        """The tokens that the summary may have."""
        half = sum(line_tokens(entry) for entry in self.sources) // 2
        return min(MOST_TOKENS, max(LEAST_TOKENS, half))

    def fits(self, words: str) -> bool:
        """Whether the summary may be so long, its first line included."""
        text = self.text(words)
        return tokens(text) <= self.most and len(text) <= LONGEST

    def text(self, words: str) -> str:
        """The text of the summary entry."""
        return f"{head(self.sources)}\n{words}"


class Summary(Frozen):
    """The summary of what was due. `by` is the model that wrote it, or `EXTRACTION`; `why` no model did."""

    due: Due
    words: str
    by: str = EXTRACTION
    why: str = ""

    def entry(self, now: float) -> Entry:
        """The entry that names its sources."""
        return Entry(
            section=self.due.section,
            text=self.due.text(self.words),
            trust=Trust.OWN,
            happened_at=max(entry.when for entry in self.due.sources),
            at=now,
            author=self.by,
            supersedes=tuple(entry.id for entry in self.due.sources),
        )

    def events(self, state: AgentState, now: float) -> tuple[AgentEvent, ...]:
        """What puts it in the place of its sources; nothing if one of them is not what it was."""
        if any(source not in state.entries for source in self.due.sources):
            return ()
        why = f"compacted by {self.by}" + (f": {self.why}" if self.why else "")
        archived = (MemoryArchived(entry_id=source.id, why=why) for source in self.due.sources)
        return (*archived, MemoryAdded(entry=self.entry(now)))


def due(state: AgentState, policy: Policy, now: float) -> tuple[Due, ...]:
    """What is to be summarised at `now` (Unix seconds): at most one summary a section, of the oldest entries."""
    return tuple(found for section in SECTIONS if (found := _due(state, section, policy, now)))


def _due(state: AgentState, section: Section, policy: Policy, now: float) -> Due | None:
    kept = {entry.id for dispute in disputes(state.entries) for entry in dispute} | state.put_back
    before = policy.before(now)
    old = [each for each in state.entries if each.section is section and each.id not in kept and may_go(each, before)]
    sources = sorted(old, key=lambda entry: entry.when)[: policy.most]
    return Due(section=section, sources=tuple(sources)) if len(old) >= policy.entries else None


def may_go(entry: Entry, before: float) -> bool:
    """Whether a summary may take the entry's place, by what the entry is."""
    ends_otherwise = entry.pinned or entry.topic or entry.expires_at is not None or entry.trust.is_theirs
    return not ends_otherwise and entry.at <= before


def extracted(due: Due, why: str = "") -> Summary:
    """The summary of a machine without a model: the same for the same sources."""
    return Summary(due=due, words=extract(due.sources, due.fits), why=why)


def worded(due: Due, words: str, by: str) -> Summary:
    """The summary in a model's words. Raises `InvalidAnswer` when they are none, or too many."""
    lines = [" ".join(line.split()) for line in words.replace("\0", " ").splitlines()]
    text = "\n".join(line for line in lines if line)
    if not text:
        raise InvalidAnswer("the summary is empty")
    if not due.fits(text):
        raise InvalidAnswer(f"the summary has {tokens(due.text(text))} tokens, at most {due.most} are right")
    return Summary(due=due, words=text, by=by)


def compacted(state: AgentState, summaries: Iterable[Summary], now: float) -> tuple[AgentEvent, ...]:
    """The events of all the summaries that still hold, on the memory as it stands now."""
    events = list[AgentEvent]()
    for summary in summaries:
        new = summary.events(state, now)
        state = state.apply_all(new)
        events += new
    return tuple(events)
