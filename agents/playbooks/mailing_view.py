"""What the mailing's playbook sees of its job: read off the state and the batch, never remembered."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from agents.mailing.batch import Batch, Group, batch_of
from agents.model import Context
from agents.playbooks.heard import Heard, heard
from agents.playbooks.mailing_questions import Reply, about_faults, reply_to
from agents.playbooks.mailing_wishes import WORDS, Change, Choice, Kind, choice
from domain.canonical import canonical
from domain.messages import Verdict
from domain.parts import holds
from domain.todo import ItemResult, ItemStatus, TodoItem

NOTHING = Batch(subject="", groups=())


@dataclass(frozen=True)
class View:
    """One moment of one mailing. `batch` is what was read last."""

    context: Context
    batch: Batch = NOTHING

    @cached_property
    def heard(self) -> Heard[Change]:
        return heard(self.context.state, WORDS)

    @cached_property
    def choice(self) -> Choice:
        return choice(self.heard.changes)

    @property
    def begun(self) -> bool:
        """Whether a mail has gone out, or may have: from then on the batch is what it is."""
        state = self.context.state
        return bool(state.parts or state.refused_parts or state.unknown)

    @cached_property
    def readings(self) -> dict[int, ItemResult]:
        """What each reading of the files came to."""
        found = dict[int, ItemResult]()
        for item in self.context.state.todo:
            kind, _, number = item.item.partition(":")
            if kind == "prepare" and item.result and item.result.ref:
                found[int(number)] = item.result
        return found

    @cached_property
    def reading(self) -> int:
        """Which reading of the files counts: people may want another one before the first mail."""
        if self.begun:
            return max(self.readings)
        wanted = 1 + sum(change.kind is Kind.RELOAD for change in self.heard.changes)
        answers = (reply_to(self.context.state, about_faults(n, result)) for n, result in self.readings.items())
        return wanted + sum(answer is Reply.RELOAD for answer in answers)

    @property
    def late_reloads(self) -> bool:
        """Whether people wanted the files read again when mails had gone out already."""
        return self.begun and 1 + sum(change.kind is Kind.RELOAD for change in self.heard.changes) > self.reading

    @property
    def prepared(self) -> ItemResult | None:
        """The result of the reading that counts, once it is there."""
        return self.readings.get(self.reading)

    @property
    def digest(self) -> str:
        """The batch's SHA-256."""
        return (self.prepared and self.prepared.ref) or ""

    @cached_property
    def sum_up(self) -> str:
        """The id of the last item: another one for another batch or another choice, so that the plan is made anew."""
        of = canonical([self.digest, list(self.choice.only), list(self.choice.skip)])
        return f"sum-up:{hashlib.sha256(of).hexdigest()[:8]}"

    @cached_property
    def held(self) -> frozenset[int]:
        """The rows that must not be mailed now: in doubt, or given up by a person."""
        unknown = self.context.state.unknown
        held = (call for call in unknown if call.is_open or (call.verdict is Verdict.SKIP and not call.happened))
        return frozenset(call.open.call.part for call in held if call.open.call.part is not None)

    @property
    def in_doubt(self) -> frozenset[int]:
        """The rows of which nobody has said yet whether their mail went out."""
        return frozenset(call.open.call.part or 0 for call in self.context.state.unknown if call.is_open)

    def undone(self, group: Group) -> Iterator[tuple[int, str]]:
        """The rows of the group that are still to be mailed, in doubt or not."""
        state = self.context.state
        for row, to in group.rows:
            if not holds(state.parts, row) and not holds(state.refused_parts, row) and self.choice.wants(to):
                yield row, to

    @property
    def open_items(self) -> list[TodoItem]:
        return [item for item in self.context.state.todo if item.status is not ItemStatus.COMPLETED]


async def seen(context: Context) -> View:
    """The view of a job, with the batch that was read."""
    view = View(context)
    return View(context, batch_of(await context.artifact(view.digest))) if view.digest else view
