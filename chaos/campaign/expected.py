"""How a job must end, whatever happens to it: the plan played by the pure core alone, with nothing in its way."""

from collections.abc import Iterable, Iterator

from agents.tools.catalogue import catalogue
from chaos.campaign.client import World
from chaos.campaign.model import JOB_TYPE
from chaos.campaign.people import NAME, messages
from chaos.campaign.plan import JobPlan
from chaos.campaign.script import answer, view
from chaos.campaign.tools import tools
from domain import judge
from domain.answers import Usage
from domain.decision import Terms, decided, parse
from domain.events import JobEvent, JobOpened, JobRequested, ToolReturned
from domain.frozen import Frozen
from domain.hear import hear
from domain.job import JobState
from domain.judge import Standing
from domain.messages import AnswerRequest, Approve, Message, Reject
from domain.moves import Act, Close, Decide, TakeTurn, Wait
from domain.todo import ItemResult, ItemStatus

NOW = 1_800_000_000.0
MOVES = 500
FACTS = catalogue(tools(World("http://nobody")).values())


class End(Frozen):
    """What two ends of a job must agree on, whatever the order in which things happened."""

    status: str
    completed: frozenset[str]
    requirements: frozenset[str]
    information: frozenset[str]


def request(plan: JobPlan) -> JobRequested:
    """The request of a planned job."""
    return JobRequested(
        job=plan.job,
        agent=plan.agent,
        job_type=JOB_TYPE,
        goal=f"Make every call of {plan.job}",
        inputs={"items": list(plan.items)},
        requested_by=NAME,
    )


def expected(plan: JobPlan, recorded: Iterable[str]) -> End:
    """The end of the job when the messages with these ids were recorded."""
    return end(_played(plan, messages(plan, set(recorded))))


def end(state: JobState) -> End:
    """The end that a state shows."""
    return End(
        status=state.status,
        completed=frozenset(item.item for item in state.todo if item.status is ItemStatus.COMPLETED),
        requirements=frozenset(said.text for said in state.requirements),
        information=frozenset(said.text for said in state.information),
    )


def agree(wanted: End, found: End) -> bool:
    """Whether they do. A cancelled job may have done any part of its work."""
    if wanted.status == "cancelled":
        return found.status == "cancelled"
    return wanted == found


def _played(plan: JobPlan, said: list[Message]) -> JobState:
    """What people say comes first: an item that is added late is done all the same."""
    state = JobState().apply_all((request(plan), JobOpened(at=NOW)))
    for message in (each for each in said if each.kind != "pause"):
        state = state.apply(hear(state, message))
    for _ in range(MOVES):
        if state.next_move() is None:
            return state
        state = state.apply_all(_moved(state, plan))
    raise AssertionError(f"{plan.job} does not end: {state.next_move()}")


def _moved(state: JobState, plan: JobPlan) -> Iterator[JobEvent]:
    standing = Standing(seen=state.version, tail=(), state=state)
    match state.next_move():
        case TakeTurn():
            yield from judge.turn(standing, NOW)
        case Decide():
            said = parse(answer(view(state)))
            yield from decided(state, said, FACTS, Terms(now=NOW), model="script", usage=Usage())
        case Act():
            called = judge.call(standing, NOW, seconds=1.0)
            yield from called
            yield ToolReturned(call=state.version + 1, result=ItemResult(text="done"), at=NOW)
        case Wait():
            yield hear(state, _word(state, plan))
        case Close():
            yield from judge.end(standing)


def _word(state: JobState, plan: JobPlan) -> Message:
    request = state.requests[0]
    said = {"message_id": f"{plan.job}-answers-{request.id}", "by": NAME, "at": NOW, "request": request.id}
    if request.kind == "question":
        return AnswerRequest.model_validate({**said, "text": "this way"})
    if plan.consent == "denied":
        return Reject.model_validate({**said, "why": "too dear"})
    return Approve.model_validate(said)
