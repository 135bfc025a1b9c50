"""A Hypothesis state machine over the pure core and the append rules.

One journal; a workflow that may fall back to any version it had (Reset); attempts that die before or after each
append, or are suspended between the last check and the effect; people who repeat themselves. After each step the
promises hold.
"""

import contextlib
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain import decision, judge, unclear
from domain import events as e
from domain.answers import Effect, Usage
from domain.decision import Terms
from domain.errors import InvalidAnswer, Refused
from domain.facts import DAY, OpenCall
from domain.hear import parse
from domain.job import JobState
from domain.judge import Standing
from domain.messages import Message
from domain.moves import Act, Close, Decide, TakeTurn, Wait
from domain.todo import ItemResult, ItemStatus, Tidiness, VagueItem
from domain.todo_file import JobTodo
from domain.todo_hand import adding, dropping, ticking
from domain.unclear import VagueAnswer
from tests.unit.domain import toy

DEATHS = st.sampled_from(["never", "never", "never", "before the append", "after the append", "after the effect"])
SECONDS = 10.0


@dataclass
class Journal:
    """Events, and what every prefix of them folds to."""

    events: list[Any] = field(default_factory=list)
    states: list[JobState] = field(default_factory=lambda: [JobState()])

    def append(self, *new: Any) -> None:
        for event in new:
            self.events.append(event)
            self.states.append(self.states[-1].apply(event))

    def standing(self, seen: int) -> Standing:
        return Standing(seen=seen, tail=tuple(self.events[seen:]), state=self.states[-1])


class Core(RuleBasedStateMachine):
    """Promises: see the invariants."""

    def __init__(self) -> None:
        super().__init__()
        self.journal = Journal()
        self.seen = 0
        self.now = toy.NOW
        self.inbox: list[Message] = []
        self.said: list[Message] = []
        self.sent: list[int] = []
        self.applied: set[int] = set()
        self.zombies: list[OpenCall] = []

    @initialize()
    def open(self) -> None:
        self.journal.append(toy.requested(), e.JobOpened(at=self.now))
        self.seen = 2

    @property
    def state(self) -> JobState:
        return self.journal.states[-1]

    @rule(death=DEATHS)
    def move(self, death: str) -> None:
        """The workflow makes its next move; the attempt may die at any place."""
        standing = self.journal.standing(self.seen)
        match self.journal.states[self.seen].next_move():
            case TakeTurn():
                self._attempt(judge.turn(standing, self.now), death)
            case Decide():
                self._attempt(self._decision(standing.state) if judge.may_decide(standing) else (), death)
            case Act() as act:
                self._act(standing, act, death)
            case Wait(until=until):
                self.now = max(self.now, until)
                self._attempt(judge.alarms(standing, self.now), death)
            case Close():
                self._attempt(judge.end(standing), death)
            case None:
                self.seen = len(self.journal.events)

    def _decision(self, state: JobState) -> tuple[e.JobEvent, ...]:
        """The toy model's answer, as `activities.thinking` judges it: it knows nothing of what people added."""
        try:
            return toy.decided(state, self.now)
        except InvalidAnswer as error:
            return (decision.invalid(error, "x", Usage()),)

    def _attempt(self, events: tuple[e.JobEvent, ...], death: str) -> None:
        if death == "before the append":
            return
        self.journal.append(*events)
        if death == "never":
            self.seen = len(self.journal.events)

    def _act(self, standing: Standing, act: Act, death: str) -> None:
        self.now += 1
        mine = standing.state.call is None
        new = judge.call(standing, self.now, SECONDS) if mine else ()
        if mine and not new:
            self.seen = len(self.journal.events)
            return
        if death == "before the append":
            return
        self.journal.append(*new)
        call = self.state.call
        if call and death != "after the append":
            self._settle(call, mine, death)
        if death == "never":
            self.seen = len(self.journal.events)

    def _settle(self, call: OpenCall, mine: bool, death: str) -> None:
        """As `activities.settle`: by effect, with the deadline outlived where that is the rule."""
        effect = call.call.effect
        if not mine and effect is Effect.ONCE:
            self.now = max(self.now, call.deadline + 1)
            terms = Terms(now=self.now).deadline("unknown")
            self._outcome(e.OutcomeUnknown(call=call.version, why="?", about="?", deadline=terms, at=self.now))
            return
        if self.state.call_is_voided:
            self.now = max(self.now, call.deadline + 1)
            terms = Terms(now=self.now).deadline("unknown")
            unknown = e.OutcomeUnknown(call=call.version, why="?", about="?", deadline=terms, at=self.now)
            self._outcome(unknown)
            return
        if not mine:
            renewed = judge.renewal(self.journal.standing(self.seen), call, self.now, SECONDS)
            self.journal.append(*renewed)
        self._send(call)
        if death != "after the effect":
            self._outcome(e.ToolReturned(call=call.version, result=ItemResult(text="sent"), at=self.now))

    def _send(self, call: OpenCall) -> None:
        called = self.journal.events[call.version - 1]
        assert isinstance(called, e.ToolCalled), "no effect without its call before it"
        if called.call.guarded:
            before = self.journal.states[call.version - 1]
            assert before.granted(called.call), "no guarded effect without a valid approval"
        self.sent.append(call.version)

    def _outcome(self, event: e.ToolReturned | e.OutcomeUnknown) -> None:
        self.journal.append(*judge.outcome(self.journal.standing(self.seen), event))

    @precondition(lambda self: self.state.call is not None)
    @rule()
    def suspend_a_sender(self) -> None:
        """A sender is suspended before its last check."""
        assert self.state.call is not None
        self.zombies.append(self.state.call)

    @precondition(lambda self: self.zombies)
    @rule()
    def wake_a_zombie(self) -> None:
        """It checks the deadline, and only then would send; `once` has no key to be forgiven by."""
        call = self.zombies.pop()
        late = self.now > call.deadline
        if not late and call.call.effect is not Effect.ONCE:
            self._send(call)
            self._outcome(e.ToolReturned(call=call.version, result=ItemResult(text="late"), at=self.now))

    @rule(
        kind=st.sampled_from(["tell", "inform", "pause", "resume", "cancel", "approve", "reject", "answer"]),
        text=st.sampled_from(["sent", "again", "skip", "other"]),
        pick=st.integers(0, 3),
    )
    def say(self, kind: str, text: str, pick: int) -> None:
        if kind == "cancel" and pick:
            return
        requests = [request.id for request in self.state.requests]
        said = {"text": text, "by": "ann", "request": requests[pick % len(requests)] if requests else 99}
        fields = {"tell": ("text",), "inform": ("text",), "answer": ("text", "request")}.get(kind, ())
        fields = ("request",) if kind in ("approve", "reject") else fields
        chosen = {name: said[name] for name in (*fields, "by")}
        message = parse(kind, chosen, f"m{len(self.said)}", self.now)
        self.said.append(message)
        self.inbox.append(message)

    @precondition(lambda self: self.said)
    @rule(pick=st.integers(0, 100))
    def repeat(self, pick: int) -> None:
        """A signal is delivered twice."""
        self.inbox.append(self.said[pick % len(self.said)])

    @precondition(lambda self: self.inbox)
    @rule(death=DEATHS)
    def record(self, death: str) -> None:
        standing = self.journal.standing(self.seen)
        recorded = {event.message_id for event in self.journal.events if hasattr(event, "message_id")}
        events = judge.messages(standing, self.inbox, recorded)
        if death != "before the append":
            self.journal.append(*events)
        if death == "never":
            self.inbox.clear()
            self.seen = len(self.journal.events)

    @precondition(lambda self: self.state.todo and not self.state.end)
    @rule(how=st.sampled_from(["tick", "drop", "add", "add vague"]), pick=st.integers(0, 9))
    def edit_the_list(self, how: str, pick: int) -> None:
        """A person edits TODO.md, or uses the command line."""
        todo = JobTodo.of(self.state)
        open_items = [item.item for item in todo.items if item.status is not ItemStatus.COMPLETED]
        with contextlib.suppress(Refused):
            if how.startswith("add"):
                text = "handle it" if how == "add vague" else f"use tool {pick}"
                self.journal.append(adding(todo, text, "ann", self.now))
            elif open_items:
                item = open_items[pick % len(open_items)]
                event = ticking if how == "tick" else partial(dropping, why="not needed")
                self.journal.append(event(todo, item, "ann", self.now))

    @rule(days=st.integers(0, 40))
    def tidy_the_list(self, days: int) -> None:
        """Upkeep looks, perhaps a long time after."""
        standing = Standing(seen=0, tail=(), state=self.state)
        self.journal.append(*judge.tidying(standing, self.now + days * DAY, Tidiness(stale_days=30, archive_days=14)))

    @precondition(lambda self: isinstance(self.state.next_move(), Decide))
    @rule(death=DEATHS)
    def answer_vaguely(self, death: str) -> None:
        """The model's plan says nothing."""
        standing = self.journal.standing(self.seen)
        if judge.may_decide(standing):
            vague = VagueAnswer((VagueItem(item="x", text="handle it", why="it is vague"),))
            until = Terms(now=self.now).deadline("as it stands")
            self._attempt(unclear.refused(standing.state, vague, "x", Usage(), until), death)

    @rule(kind=st.sampled_from(["timeout", "crashed"]))
    def give_up(self, kind: Any) -> None:
        self._attempt(judge.failure(self.journal.standing(self.seen), kind, "boom"), "never")

    @precondition(lambda self: self.seen > 2)
    @rule(pick=st.integers(0, 10_000))
    def reset(self, pick: int) -> None:
        """Reset in the Temporal UI: an earlier life of the workflow goes on from what it had seen."""
        self.seen = 2 + pick % (self.seen - 1)

    @invariant()
    def exactly_one_item_is_in_progress_while_the_job_works(self) -> None:
        working = [item for item in self.state.todo if item.status is ItemStatus.IN_PROGRESS]
        open_items = [item for item in self.state.todo if item.status is not ItemStatus.COMPLETED]
        assert len(working) == (1 if self.state.has_turn and open_items else 0)

    @invariant()
    def versions_have_no_gaps(self) -> None:
        assert [state.version for state in self.journal.states] == list(range(len(self.journal.states)))

    @invariant()
    def a_message_stands_once(self) -> None:
        ids = [event.message_id for event in self.journal.events if hasattr(event, "message_id")]
        assert len(ids) == len(set(ids))

    @invariant()
    def nothing_that_cannot_be_repeated_is_repeated(self) -> None:
        once = [v for v in self.sent if self.journal.events[v - 1].call.effect is Effect.ONCE]
        assert len(once) == len(set(once))

    @invariant()
    def a_call_has_one_outcome(self) -> None:
        outcomes = [
            x.call for x in self.journal.events if isinstance(x, e.ToolReturned | e.ToolFailed | e.OutcomeUnknown)
        ]
        assert len(outcomes) == len(set(outcomes))

    @invariant()
    def a_call_is_settled_before_the_job_ends(self) -> None:
        assert not (self.state.end and self.state.call)

    @invariant()
    def a_waiting_job_has_no_turn(self) -> None:
        assert not (self.state.has_turn and isinstance(self.state.next_move(), Wait))

    def teardown(self) -> None:
        """Left alone, the job ends: whatever happened to it, it does not hang."""
        for _ in range(80):
            if self.state.end:
                return
            if self.inbox:
                self.record("never")
            self.move("never")
        raise AssertionError(f"the job does not end: {self.state.next_move()}")


Core.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestTheCore = Core.TestCase
