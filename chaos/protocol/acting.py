"""`act`, between its commit points: from the call's record to its outcome, by the effect of the tool.

find ─▶ record ─▶ check ─▶ send ─▶ outcome           the attempt that records the call
find ─▶ renew ─▶ renewed ─▶ check ─▶ send ─▶ outcome  keyed, by a later attempt
find ─▶ outlive ⇄ wait ─▶ outcome | renew …           lookup, which asks as soon as it has waited
find ─▶ outlive ⇄ wait ─▶ outcome                     once, and whatever people have voided
find ─▶ record ─▶ transact                            transactional: effect and outcome are one commit
"""

from collections.abc import Iterator
from typing import Any

from chaos.protocol import mishaps
from chaos.protocol.appends import Behind, append, lacks, name
from chaos.protocol.bounds import Bounds
from chaos.protocol.core import DAYS, Core
from chaos.protocol.rows import Row
from chaos.protocol.rules import Rule
from chaos.protocol.target import apply, has
from chaos.protocol.workflow import behind, deliver, given_up, go_on, replaced, retried
from chaos.protocol.world import Attempt, Step, World
from domain import events as e
from domain.answers import Effect
from domain.decision import Terms
from domain.facts import MAX_FAILURES, OpenCall
from domain.moves import Act
from domain.todo import ItemResult

ANYTIME = (Effect.PURE, Effect.TRANSACTIONAL)


class Acting:
    """One attempt of `act`, about to take its next step."""

    def __init__(self, core: Core, bounds: Bounds, world: World, n: int) -> None:
        self.core = core
        self.bounds = bounds
        self.world = world
        self.n = n
        self.me = world.attempts[n]
        self.who = name(self.me)

    def steps(self) -> Iterator[Step]:
        """Everything that it can do now."""
        match self.me.at:
            case "find":
                yield from self._find()
            case "record":
                yield from self._record()
            case "check":
                yield from self._check()
            case "send":
                yield from self._send()
            case "outcome":
                yield self._outcome()
            case "outlive":
                yield self._outlive()
            case "wait":
                yield from self._wait()
            case "renew":
                yield self._renew()
            case "renewed":
                yield self._renewed()
            case "transact":
                yield from self._transact()

    def _find(self) -> Iterator[Step]:
        if self.me.cancelled:
            yield self._step("is cancelled", given_up(self.core, self.world, self.n, "cancelled"))
        if lacks(self.core, self.world, self.me.seen):
            yield self._behind()
            return
        journal = self.world.journal
        move = journal.state.next_move()
        undisturbed = journal is self.me.seen or not self.core.holds(Rule.CALL_DUE)
        if not (isinstance(move, Act) and (move.open or undisturbed)):
            yield self._end(f"finds version {journal.version}: no call is due", journal)
        elif journal.state.call is None:
            yield self._to("record", f"finds version {journal.version}: a call is due", found=journal)
        else:
            found = self.me._replace(found=journal, call=journal, mine=False)
            yield self._settle(found, f"finds call {journal.state.call.version} open", self.world)

    def _record(self) -> Iterator[Step]:
        assert self.me.found is not None
        events = self.core.call(self.me.found.standing(self.me.seen), self.world.clock)
        try:
            appended = append(
                self.core, self.world, self.me.seen, self.me.found, events, blind=not self.core.holds(Rule.CALL)
            )
        except Behind:
            yield self._behind()
            return
        if appended is None or appended.journal.state.call is None:
            yield self._end("was raced, and returns what stands", self.world.journal)
            return
        row = appended.journal
        if not self._was_asked_for(row):
            appended = appended._replace(
                broken="a call is made that its workflow did not ask for: people are not heard"
            )
        mine = self.me._replace(found=row, call=row, mine=True)
        yield self._settle(mine, f"appends {', '.join(event.type for event in events)}", appended)

    def _was_asked_for(self, row: Row) -> bool:
        """Whether the workflow had come to the call that now stands."""
        move = self.me.seen.state.next_move()
        return isinstance(move, Act) and row.state.call is not None and move.call == row.state.call.call

    def _settle(self, me: Attempt, what: str, world: World) -> Step:
        """Where to begin, by the effect, by who recorded the call, and by whether people have voided it."""
        assert me.found is not None
        state, effect = me.found.state, self.core.effect
        given_up = (state.call_is_voided and self.core.holds(Rule.VOIDED)) or state.failures >= MAX_FAILURES
        if given_up:
            at = "outcome" if effect in ANYTIME else "outlive"
            to = me._replace(at=at, voided=True, note="failed crashed")
        elif effect is Effect.TRANSACTIONAL:
            to = me._replace(at="transact")
        elif effect is Effect.PURE or me.mine:
            to = me._replace(at="check", sole=True)
        elif effect is Effect.KEYED:
            to = me._replace(at="renew", sole=not self.core.holds(Rule.UNSENT_SOLE))
        else:
            to = me._replace(at="outlive")
        return self._step(what, replaced(world, self.n, to))

    def _check(self) -> Iterator[Step]:
        late = self.world.clock >= self._call.deadline and self.core.holds(Rule.LAST_CHECK)
        unlimited = not self.me.mine and not (self.core.holds(Rule.RENEW) and self.core.holds(Rule.ONE_RENEWS))
        if self.me.cancelled:
            yield from self._unsent("was cancelled before it sent", "cancelled")
        elif late and self.core.effect is not Effect.PURE and not unlimited:
            yield from self._unsent("finds that the deadline has passed", "timeout")
        elif self.bounds.pause:
            yield self._to("send", "checks the deadline and the wish to stop, for the last time")
        else:
            yield from self._send()

    def _send(self) -> Iterator[Step]:
        sent = apply(self.core, self.world, self.me)
        effect = self.core.effect is not Effect.PURE
        done = self.me._replace(at="outcome", note="returned", sent=effect)
        yield self._step("sends: the target has it", replaced(sent, self.n, done))
        if refused := mishaps.fault(self.world, self.bounds, "refused"):
            yield from self._unsent("is refused by the target: nothing was sent", "refused", refused)
        for what, came in (("sends: the target has it, and says error", sent), ("fails: nothing arrived", self.world)):
            if (doubtful := mishaps.fault(came, self.bounds, "doubt")) is not None:
                yield from self._in_doubt(what, doubtful)

    def _unsent(self, what: str, kind: str, world: World | None = None) -> Iterator[Step]:
        world, free = world or self.world, world is None
        known = self.me.sole and self.core.holds(Rule.UNSENT)
        if self.core.effect is Effect.PURE or known:
            failed = self.me._replace(at="outcome", note=f"failed {kind}")
            yield Step(self.who, what, replaced(world, self.n, failed), free)
        else:
            yield from self._in_doubt(what, world, free=free)

    def _in_doubt(self, what: str, world: World, *, free: bool = False) -> Iterator[Step]:
        if self.core.effect is Effect.PURE:
            failed = self.me._replace(at="outcome", note="failed crashed")
            yield Step(self.who, what, replaced(world, self.n, failed), free)
        elif self.core.effect is Effect.ONCE:
            unknown = self.me._replace(at="outcome", note="unknown")
            yield Step(self.who, what, replaced(world, self.n, unknown), free)
        else:
            yield Step(self.who, f"{what}; it ends without a result", retried(self.core, world, self.n), free)
            if (final := mishaps.fault(world, self.bounds, "given up")) is not None:
                yield Step(
                    self.who, f"{what}; it is given up", given_up(self.core, final, self.n, "crashed"), free=False
                )

    def _outcome(self) -> Step:
        assert self.me.found is not None
        if self.me.cancelled and not self.core.holds(Rule.SHIELD):
            return self._step("is cancelled after its effect", given_up(self.core, self.world, self.n, "cancelled"))
        event, known = self._event()
        events = self.core.outcome(self.me.found.standing(self.me.seen), event, known)
        if not events:
            return self._end("finds its call settled, and appends nothing", self.me.found)
        try:
            appended = append(self.core, self.world, self.me.seen, self.me.found, events)
        except Behind:
            return self._behind()
        if appended is not None:
            return self._end(f"appends {events[0].type}", appended.journal, appended)
        if not self.core.holds(Rule.OUTCOME_AGAIN):
            return self._end("was raced, and lets its outcome go", self.world.journal)
        return self._to("outcome", "was raced, and reads again", found=self.world.journal)

    def _event(self) -> tuple[e.ToolReturned | e.ToolFailed | e.OutcomeUnknown, OpenCall | None]:
        call, (note, *kind) = self._call, self.me.note.split()
        match note, kind:
            case "returned", _:
                return e.ToolReturned(call=call.version, result=ItemResult(text="sent"), at=0), None
            case "failed", ["cancelled" | "timeout" | "refused" | "crashed" as why]:
                return e.ToolFailed(call=call.version, kind=why, why=why, at=0), call
            case _:
                until = Terms(now=self.me.now, days=DAYS).deadline("it stays unknown")
                return e.OutcomeUnknown(call=call.version, why="?", about="did it?", deadline=until, at=0), None

    def _outlive(self) -> Step:
        if lacks(self.core, self.world, self.me.seen):
            return self._behind()
        journal = self.world.journal
        if journal.state.call is None or journal.state.call.version != self._call.version:
            return self._end("finds its call settled", journal)
        return self._to("wait", "waits for the deadline of the call", found=journal, call=journal)

    def _wait(self) -> Iterator[Step]:
        unwaited = Rule.VOIDED_OUTLIVED if self.me.voided else Rule.OUTLIVE
        if self.world.clock < self._call.deadline and self.core.holds(unwaited):
            if self.world.journal is not self.me.found:
                yield self._to("outlive", "looks again")
            return
        if self.core.effect is Effect.LOOKUP and (self.me.voided or self.core.holds(Rule.ASK)):
            yield from self._ask()
        elif not self.me.voided and (self.core.effect is Effect.LOOKUP or not self.core.holds(Rule.NEVER_AGAIN)):
            yield self._to("renew", "means to send again", sole=True)
        else:
            failed = self.me.voided and not self.core.holds(Rule.VOIDED_UNKNOWN)
            note = "failed crashed" if failed else "unknown"
            yield self._to("outcome", "knows that nobody sends any more, and not what happened", note=note)

    def _ask(self) -> Iterator[Step]:
        if has(self.core, self.world, self.me):
            yield self._to("outcome", "asks: the target has it", note="returned")
        elif self.me.voided:
            yield self._to("outcome", "asks: the target does not have it", note="failed crashed")
        else:
            yield self._to("renew", "asks: the target does not have it", sole=True)
        if (silent := mishaps.fault(self.world, self.bounds, "no answer")) is None:
            return
        if self.me.voided:
            unknown = self.me._replace(at="outcome", note="unknown")
            yield Step(self.who, "asks: no answer", replaced(silent, self.n, unknown), free=False)
        else:
            yield Step(
                self.who, "asks: no answer; it ends without a result", retried(self.core, silent, self.n), free=False
            )

    def _renew(self) -> Step:
        if lacks(self.core, self.world, self.me.seen):
            return self._behind()
        journal = self.world.journal
        if not self.core.renewal(journal.standing(self.me.seen), self._call, self.world.clock):
            return self._loses_the_renewal(journal)
        at = "renewed" if self.core.holds(Rule.RENEW) else "check"
        return self._to(at, f"finds version {journal.version}, to send again", found=journal)

    def _renewed(self) -> Step:
        assert self.me.found is not None
        events = self.core.renewal(self.me.found.standing(self.me.seen), self._call, self.world.clock)
        try:
            appended = append(self.core, self.world, self.me.seen, self.me.found, events)
        except Behind:
            return self._behind()
        if appended is None:
            return self._loses_the_renewal(self.me.found)
        me = self.me._replace(at="check", found=appended.journal, call=appended.journal)
        return self._step("appends CallRenewed", replaced(appended, self.n, me))

    def _loses_the_renewal(self, found: Row) -> Step:
        if not self.core.holds(Rule.ONE_RENEWS):
            return self._to("check", "loses the renewal, and goes on", found=found)
        return self._end("loses the renewal, and returns", found)

    def _transact(self) -> Iterator[Step]:
        found = self.me.found
        assert found is not None
        if found.state.call is None or found.state.call.version != self._call.version:
            yield self._end("finds its call settled", found)
            return
        if self.me.cancelled:
            yield self._to("outcome", "was cancelled before it changed anything", note="failed cancelled")
            return
        if found.state.call_is_voided and self.core.holds(Rule.VOIDED_TRANSACTION):
            yield self._to("outcome", "finds its call voided", note="failed crashed")
            return
        yield self._commit(found)
        if refused := mishaps.fault(self.world, self.bounds, "refused"):
            failed = self.me._replace(at="outcome", note="failed refused")
            yield Step(self.who, "is refused, and rolled back", replaced(refused, self.n, failed), free=False)

    def _commit(self, found: Row) -> Step:
        event = e.ToolReturned(call=self._call.version, how="transaction", result=ItemResult(text="changed"), at=0)
        try:
            appended = append(self.core, self.world, self.me.seen, found, (event,))
        except Behind:
            return self._behind()
        if appended is None:
            return self._to("transact", "was raced, is rolled back, and reads again", found=self.world.journal)
        changed = apply(self.core, appended, self.me._replace(call=found))
        return self._end("commits its change and ToolReturned", changed.journal, changed)

    @property
    def _call(self) -> OpenCall:
        """The call as this attempt knows it."""
        assert self.me.call is not None and self.me.call.state.call is not None
        return self.me.call.state.call

    def _to(self, at: str, what: str, **changes: Any) -> Step:
        return self._step(what, replaced(self.world, self.n, self.me._replace(at=at, **changes)))

    def _step(self, what: str, world: World) -> Step:
        return Step(self.who, what, world)

    def _behind(self) -> Step:
        return self._step("is told that the journal lacks what was seen", behind(self.world, self.n))

    def _end(self, what: str, found: Row, world: World | None = None) -> Step:
        """The attempt returns what stands; a late outcome wakes the workflow, which may wait for a person."""
        world = world or self.world
        if self.me.sent and (lost := self._untold(found)):
            world = world._replace(broken=lost)
        late = any(isinstance(row.event, e.LateOutcome) for row in found.since(self.me.seen))
        news = world._replace(life=world.life._replace(news=True)) if late else world
        ended = deliver(self.core, news, self.n, found)
        return self._step(what, go_on(self.core, ended) if late else ended)

    def _untold(self, found: Row) -> str:
        """Whether the journal does not say what this attempt knows: that the effect happened."""
        version = self._call.version
        told = version in found.returned or version not in found.keys
        return "" if told else f"the sender of call {version} knows that it happened, and the journal is not told"
