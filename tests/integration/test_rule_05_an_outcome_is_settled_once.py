"""Rule 5: what is known unsent has failed; effect and outcome are one unit; a settled outcome is never overwritten."""

import asyncio
from collections.abc import Sequence

import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.inputs import Tail
from agents.tools.tool import ToolResult
from domain.errors import ToolInvalid, ToolUnsent
from domain.events import JobEvent, LateOutcome, OutcomeUnknown, ToolFailed, ToolReturned
from domain.todo import ItemStatus
from stores.postgres import Pool
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import HeldJobs, Life, Target, types
from tests.support.slow_line import SlowLine

SECONDS = 0.5
EFFECTS = pytest.mark.parametrize("tool", ["pure", "transactional", "keyed", "lookup", "once"])
OUTSIDE = pytest.mark.parametrize("tool", ["keyed", "lookup", "once"])


@EFFECTS
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (ToolUnsent("nobody listens"), "refused"),
        (ToolUnsent("slow down", kind="rate_limited"), "rate_limited"),
        (ToolInvalid("no such address"), "invalid"),
    ],
)
async def test_what_is_known_unsent_has_failed_and_nothing_is_raised(
    tool: str, fault: Exception, kind: str, deciding: Deciding, target: Target
) -> None:
    life = await deciding(tool)
    target.fault = fault
    failed = (await life.act()).events[-1]
    assert isinstance(failed, ToolFailed)
    assert (failed.kind, failed.why) == (kind, str(fault))
    assert life.state.call is None


async def test_unsent_is_no_outcome_while_an_earlier_attempt_may_have_sent(deciding: Deciding, target: Target) -> None:
    life = await deciding("keyed")
    await life.called()
    target.fault = ToolUnsent("nobody listens")
    with pytest.raises(ApplicationError, match="nobody listens"):
        await life.act()
    assert "ToolFailed" not in await life.types()


@pytest.mark.parametrize("tool", ["keyed", "lookup"])
async def test_a_fault_in_doubt_is_tried_again(tool: str, deciding: Deciding, target: Target) -> None:
    life = await deciding(tool, seconds=SECONDS)
    target.fault = ConnectionError("cut off")
    with pytest.raises(ConnectionError):
        await life.twin().act()
    target.fault = None
    assert types(await life.act())[-1] == "ToolReturned"
    assert len(target.came) == 1


async def test_a_fault_in_doubt_of_once_goes_to_a_person(deciding: Deciding, target: Target) -> None:
    life = await deciding("once")
    target.fault = ConnectionError("cut off")
    unknown = (await life.act()).events[-1]
    assert isinstance(unknown, OutcomeUnknown)
    assert unknown.why == "cut off"
    assert "may repeat it" in unknown.about


@EFFECTS
async def test_a_cancellation_before_the_effect_is_a_failure_known_unsent(
    tool: str, deciding: Deciding, target: Target
) -> None:
    life = await deciding(tool)
    target.before.clear()
    inside = life.hands.environment()
    acting = asyncio.create_task(life.act(inside))
    await target.begun.wait()
    inside.cancel()
    await asyncio.sleep(0)
    target.before.set()
    failed = (await acting).events[-1]
    assert isinstance(failed, ToolFailed)
    assert failed.kind == "cancelled"
    assert target.came == []
    assert life.state.failures == 0


@EFFECTS
async def test_a_cancellation_after_the_effect_began_loses_no_outcome(
    tool: str, deciding: Deciding, target: Target
) -> None:
    life = await deciding(tool)
    target.after.clear()
    inside = life.hands.environment()
    acting = asyncio.create_task(life.act(inside))
    await target.applied.wait()
    inside.cancel()
    await asyncio.sleep(0)
    target.after.set()
    assert types(await acting) == ["ToolCalled", "ToolReturned"]


async def test_a_transaction_whose_tool_fails_leaves_nothing(deciding: Deciding, target: Target, pool: Pool) -> None:
    life = await deciding("transactional")
    target.during = _fail
    assert types(await life.act()) == ["ToolCalled", "ToolFailed"]
    async with pool.connection() as connection:
        left = await (await connection.execute("select count(*) from effects")).fetchone()
    assert left == (0,)


async def _fail() -> None:
    raise RuntimeError("after its statement")


async def test_a_transaction_and_its_outcome_stand_together_or_not_at_all(
    deciding: Deciding, target: Target, pool: Pool, new_hands: NewHands
) -> None:
    """Two attempts at one open call: its change stands once."""
    life = await deciding("transactional")
    await life.called()
    await asyncio.gather(life.act(), life.twin(new_hands()).act())
    assert (await life.types()).count("ToolReturned") == 1
    async with pool.connection() as connection:
        rows = await (await connection.execute("select key from effects")).fetchall()
    assert len(rows) == 1


class Waking:
    """A sender that stands still between its effect and its outcome, until the test wakes it."""

    def __init__(self) -> None:
        self.asleep, self.awake = asyncio.Event(), asyncio.Event()

    async def __call__(self, events: Sequence[JobEvent]) -> None:
        if any(isinstance(event, ToolReturned | ToolFailed) for event in events):
            self.asleep.set()
            await self.awake.wait()


@pytest.fixture
def line() -> SlowLine:
    """What the sender tells Temporal goes over it; it is free, unless the test holds it."""
    return SlowLine()


@pytest.fixture
async def given_up(deciding: Deciding, pool: Pool, new_hands: NewHands, temporal: Client, line: SlowLine) -> "GivenUp":
    """A sender that stands still after its effect, whose call another worker has given up."""
    waking, config = Waking(), temporal.config()
    config["interceptors"] = [line]
    life = await deciding("once", seconds=SECONDS)
    sender = life.twin(new_hands(seconds=SECONDS, jobs=HeldJobs(pool, waking), client=Client(**config)))
    inside = sender.hands.environment()
    sending = asyncio.create_task(sender.act(inside))
    await waking.asleep.wait()
    tail = await life.act()
    assert types(tail) == ["ToolCalled", "OutcomeUnknown"]
    return GivenUp(life, waking, sending, inside)


class GivenUp:
    """The life that has given a call up, and its sleeping sender."""

    def __init__(self, life: Life, waking: Waking, sending: "asyncio.Task[Tail]", inside: ActivityEnvironment) -> None:
        self.life, self.waking, self.sending, self.inside = life, waking, sending, inside

    async def wake(self) -> None:
        """The sender appends what it knows; the life reads on."""
        self.waking.awake.set()
        await self.sending
        await self.life.read_on()


async def test_a_late_outcome_overwrites_nothing_and_closes_the_question(given_up: GivenUp) -> None:
    life = given_up.life
    await given_up.wake()
    late = (await life.journal())[-1]
    assert isinstance(late, LateOutcome)
    assert late.happened
    assert "ToolReturned" not in await life.types()
    assert life.state.requests == ()
    assert life.state.todo[0].status is ItemStatus.COMPLETED


async def test_a_late_outcome_is_told_though_its_activity_is_cancelled_meanwhile(
    given_up: GivenUp, line: SlowLine
) -> None:
    """The workflow waits, perhaps for days, on a question that is closed by now."""
    line.free.clear()
    given_up.waking.awake.set()
    await line.begun.wait()
    given_up.inside.cancel()
    await asyncio.sleep(0)
    line.free.set()
    assert types(await given_up.sending)[-1] == "LateOutcome"
    assert line.sent == ["look"]


@pytest.mark.parametrize(("verdict", "left"), [("sent", "completed"), ("skip", None)])
async def test_what_a_person_decided_stands_and_what_the_sender_knew_is_shown(
    verdict: str, left: str | None, given_up: GivenUp
) -> None:
    life = given_up.life
    await life.say("answer", request=life.state.requests[0].id, text=verdict)
    await given_up.wake()
    assert life.state.unknown[0].verdict == verdict
    assert life.state.unknown[0].happened is True
    assert {item.item: item.status.value for item in life.state.todo}.get("one") == left


async def test_send_again_is_spared_when_the_sender_comes_back_first(given_up: GivenUp, target: Target) -> None:
    life = given_up.life
    await life.say("answer", request=life.state.requests[0].id, text="again")
    before = life.twin()
    await given_up.wake()
    await before.act()
    assert len(target.came) == 1
    assert life.state.todo[0].status is ItemStatus.COMPLETED


async def test_send_again_is_a_new_call_with_a_new_key(deciding: Deciding, target: Target) -> None:
    life = await deciding("once", seconds=SECONDS)
    target.fault = ConnectionError("cut off")
    await life.act()
    target.fault = None
    await life.say("answer", request=life.state.requests[0].id, text="again")
    await life.turn()
    assert types(await life.act()) == ["ToolCalled", "ToolReturned"]
    versions = [n for n, type_ in enumerate(await life.types(), 1) if type_ == "ToolCalled"]
    assert len(versions) == 2
    assert target.keys == [f"{life.job}/{versions[1]}"]


UNSTORABLE = pytest.mark.parametrize(
    "result",
    [
        ToolResult(text="a\0b"),
        ToolResult(text="x", data={"much": "x" * 5000}),
        ToolResult(text="x", data={"n": float("nan")}),
    ],
    ids=["a nul", "too much", "not a number"],
)


@UNSTORABLE
@OUTSIDE
async def test_an_effect_whose_result_cannot_be_kept_has_happened_all_the_same(
    tool: str, result: ToolResult, deciding: Deciding, target: Target
) -> None:
    """It went out: that is recorded, whatever becomes of the words that came back."""
    life = await deciding(tool, seconds=SECONDS)
    target.result = result
    assert types(await life.act()) == ["ToolCalled", "ToolReturned"]


@UNSTORABLE
@pytest.mark.parametrize("tool", ["pure", "transactional"])
async def test_a_call_without_effect_whose_result_cannot_be_kept_has_failed(
    tool: str, result: ToolResult, deciding: Deciding, target: Target
) -> None:
    """It would give the same again: no endless retry."""
    life = await deciding(tool)
    target.result = result
    failed = (await life.act()).events[-1]
    assert isinstance(failed, ToolFailed)
    assert failed.kind == "invalid"
