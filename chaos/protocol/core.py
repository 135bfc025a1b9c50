"""The real pure core, as the explored world asks it: the judge, the model's decision, and the state a search starts in.

Where a rule is taken away, the core is asked and then overruled, here and nowhere else.
"""

from chaos.protocol.rows import Row
from chaos.protocol.rules import Rule
from domain import decision, judge
from domain import events as e
from domain.answers import Answer, Effect, Finish, GiveUp, Usage, UseTool
from domain.decision import Terms
from domain.errors import InvalidAnswer
from domain.facts import OpenCall, UnknownCall
from domain.hear import hear, parse
from domain.job import JobState
from domain.judge import Standing
from domain.messages import Message, Verdict
from domain.moves import Close, Move, Wait
from domain.spoken import MessageRefused, OutcomeSettled
from domain.todo import ItemStatus, PlanItem
from domain.tools import ToolFacts

NOW = 1_800_000_000.0
DAYS = 1.0
"""How long people have to answer: too short for reminders."""
LASTS = 6.0
"""Days that the job has: too few for a paused one to remind."""


class Impatient(JobState):
    """A state that does not settle its open call first when people have stopped the job."""

    def next_move(self) -> Move | None:
        if self.call and self.cancelled and not self.end:
            return Close(how="cancelled")
        if self.call and self.pause and not self.end:
            return Wait(until=self.next_alarm, requests=(self.pause.id,))
        return super().next_move()


class Reopening(JobState):
    """A state in which "send again" opens the old call anew, under its old key."""

    def apply(self, event: e.JobEvent) -> JobState:
        later = super().apply(event)
        match event:
            case OutcomeSettled(verdict=Verdict.AGAIN):
                unknown = next((u for u in later.unknown if u.request == event.request), None)
                return later if unknown is None or later.call else _reopened(later, unknown)
            case _:
                return later


def _reopened(state: JobState, unknown: UnknownCall) -> JobState:
    return state.model_copy(update={"call": unknown.open})


SEEDS: dict[Rule, type[JobState]] = {Rule.OPEN_FIRST: Impatient, Rule.AGAIN: Reopening}


class Core:
    """The core for one effect, with every rule or `without` one."""

    def __init__(self, effect: Effect, *, guarded: bool = False, without: Rule | None = None) -> None:
        self.effect = effect
        self.without = without
        facts = ToolFacts("send", effect, guarded, check=lambda args: args, summary=lambda args: f"send {args['text']}")
        self.tools = {"send": facts}
        self._decisions: dict[tuple[Row, bool, float], tuple[e.JobEvent, ...]] = {}
        self._messages: dict[str, Message] = {}

    def holds(self, rule: Rule) -> bool:
        """Whether that rule is in force."""
        return rule is not self.without

    def start(self) -> Row:
        """The journal of a job that was opened and has its turn."""
        seed = SEEDS.get(self.without, JobState) if self.without else JobState
        asked = e.JobRequested(
            job="job", agent="ann", job_type="mail", goal="send it", requested_by="ann", limits=e.Limits(days=LASTS)
        )
        return Row.first(seed()).then([asked, e.JobOpened(at=NOW), e.TurnTaken(at=NOW)])

    def decided(self, row: Row, retry: bool, now: float) -> tuple[e.JobEvent, ...]:
        """What a model decides there; asked once more, it says something else."""
        known = (row, retry, now)
        if known not in self._decisions:
            self._decisions[known] = self._decided(row.state, retry, now)
        return self._decisions[known]

    def _decided(self, state: JobState, retry: bool, now: float) -> tuple[e.JobEvent, ...]:
        reply, terms = _reply(state, retry), Terms(now=now, days=DAYS)
        try:
            return decision.decided(state, reply, self.tools, terms, model="model", usage=Usage())
        except InvalidAnswer as error:
            return (decision.invalid(error, reply.model_dump(mode="json"), Usage()),)

    def message(self, said: str) -> Message:
        """What a person says: its kind, the request that it names, and a word; `said` is also its id."""
        if said not in self._messages:
            kind, *words = said.split()
            fields: dict[str, object] = {"message_id": said, "by": "bob", "now": "now" in words}
            numbers = [int(word) for word in words if word.isdigit()]
            fields |= {"request": numbers[0]} if numbers else {}
            fields |= {"text": words[-1] if words else "otherwise"} if kind in ("tell", "answer") else {}
            self._messages[said] = parse(kind, fields, said, NOW)
        return self._messages[said]

    def messages(self, standing: Standing, batch: tuple[str, ...], row: Row) -> tuple[e.JobEvent, ...]:
        """The events for a batch."""
        messages = [self.message(said) for said in batch]
        if not self.holds(Rule.MESSAGE_EACH) and standing.tail:
            return ()
        if not self.holds(Rule.MESSAGE_ONCE):
            return tuple(hear(standing.state, message) for message in messages)
        events = judge.messages(standing, messages, row.heard)
        if not self.holds(Rule.REFUSED):
            events = tuple(event for event in events if not isinstance(event, MessageRefused))
        return events

    def outcome(
        self, standing: Standing, event: e.ToolReturned | e.ToolFailed | e.OutcomeUnknown, known: OpenCall | None
    ) -> tuple[e.JobEvent, ...]:
        """The outcome, if it may stand."""
        unknown = standing.state.unknown_call(event.call)
        if not self.holds(Rule.OUTCOME_OPEN):
            return (event,)
        if not self.holds(Rule.LATE_APART) and unknown and unknown.happened is None:
            return (event,)
        if not self.holds(Rule.LATE) and unknown:
            return ()
        return judge.outcome(standing, event, known if self.holds(Rule.UNSENT_KNOWN) else None)

    def call(self, standing: Standing, clock: int) -> tuple[e.JobEvent, ...]:
        """The call that is due, with a deadline one tick ahead."""
        return judge.call(self._undisturbed(Rule.CALL_DUE, standing), clock, _seconds(standing))

    def renewal(self, standing: Standing, known: OpenCall, clock: int) -> tuple[e.JobEvent, ...]:
        """A new deadline, one tick ahead, for a call that is sent again."""
        seconds = _seconds(standing)
        if not self.holds(Rule.VOIDED_RENEWAL) and standing.state.call == known:
            return (e.CallRenewed(call=known.version, at=clock, deadline=clock + seconds),)
        return judge.renewal(standing, known, clock, seconds)

    def alarms(self, standing: Standing, now: float) -> tuple[e.JobEvent, ...]:
        """What is due on the workflow's clock."""
        return judge.alarms(self._undisturbed(Rule.ALARM, standing), now)

    def failure(self, standing: Standing, kind: e.FaultKind) -> tuple[e.JobEvent, ...]:
        """What stands for an activity that gave no result."""
        return judge.failure(standing, kind, "no result") if self.holds(Rule.GIVEN_UP) else ()

    def _undisturbed(self, rule: Rule, standing: Standing) -> Standing:
        return (
            standing if self.holds(rule) else standing.model_copy(update={"tail": (), "seen": standing.state.version})
        )


def _seconds(standing: Standing) -> float:
    """One tick of the clock, less what tells deadlines apart: real ones never fall on the same moment."""
    return 1 - standing.state.version / 1000


def _reply(state: JobState, retry: bool) -> Answer:
    """A model with one thing to send for each revision of the requirements."""
    item = f"r{state.revision}"
    plan = (PlanItem(item=item, text=f"send {item}"),) if state.planned_revision < state.revision else None
    mine = next((known for known in state.todo if known.item == item), None)
    in_doubt = any(unknown.is_open and unknown.open.call.item == item for unknown in state.unknown)
    if any(consent.verdict != "granted" and consent.revision == state.revision for consent in state.consents):
        return Answer(says="no", plan=plan, intent=GiveUp(reason="people said no"))
    if plan is None and (mine is None or mine.status is ItemStatus.COMPLETED or in_doubt):
        return Answer(says="done", intent=Finish(result="done"))
    text = f"{item} anew" if retry else item
    return Answer(says="send it", plan=plan, intent=UseTool(tool="send", args={"text": text}, item=item))
