"""Rule 4: a call has a hard deadline, checked last before the effect; a retry that must not overlap waits it out."""

import asyncio
import time

import pytest

from activities.crash import CrashPoints
from domain.events import CallRenewed, OutcomeUnknown, ToolCalled, ToolFailed, ToolReturned
from domain.head import Head
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import Life, Target, types

SECONDS = 0.6
GUARDED = pytest.mark.parametrize("tool", ["keyed", "lookup", "once"])


class Suspension(CrashPoints):
    """The process stands still at one point, for longer than a call may take."""

    def __init__(self, point: str, seconds: float) -> None:
        super().__init__()
        self.point = point
        self.seconds = seconds

    def __call__(self, point: str) -> None:
        if point == self.point:
            self.point = ""
            time.sleep(self.seconds)


@GUARDED
async def test_a_call_has_a_deadline_of_its_tool(tool: str, deciding: Deciding) -> None:
    life = await deciding(tool, seconds=12.5)
    called = (await life.act()).events[0]
    assert isinstance(called, ToolCalled)
    assert called.deadline == called.at + 12.5
    assert abs(called.at - time.time()) < 10


@GUARDED
async def test_a_tool_that_stood_still_past_its_deadline_sends_nothing(
    tool: str, deciding: Deciding, target: Target
) -> None:
    """The tool itself had begun: its last check is what stops it."""
    life = await deciding(tool, seconds=SECONDS)
    target.suspended = SECONDS + 0.2
    failed = (await life.act()).events[-1]
    assert isinstance(failed, ToolFailed)
    assert failed.kind == "timeout"
    assert target.came == []


@GUARDED
@pytest.mark.parametrize("point", ["after_call", "before_effect"])
async def test_a_worker_that_stood_still_before_its_tool_sends_nothing(
    point: str, tool: str, deciding: Deciding, target: Target
) -> None:
    life = await deciding(tool, seconds=SECONDS, crash=Suspension(point, SECONDS + 0.2))
    failed = (await life.act()).events[-1]
    assert isinstance(failed, ToolFailed | OutcomeUnknown)
    assert target.came == []


async def test_a_tool_that_takes_too_long_is_in_doubt(deciding: Deciding, target: Target) -> None:
    life = await deciding("once", seconds=SECONDS)
    target.after.clear()
    assert isinstance((await life.act()).events[-1], OutcomeUnknown)


@pytest.mark.parametrize("tool", ["lookup", "once"])
async def test_a_retry_that_must_not_overlap_waits_out_the_deadline(
    tool: str, deciding: Deciding, new_hands: NewHands
) -> None:
    life = await deciding(tool, seconds=1.5)
    await life.called()
    assert life.state.call is not None
    deadline = life.state.call.deadline
    outcome = (await life.twin(new_hands(seconds=1.5)).act()).events[-1]
    assert isinstance(outcome, ToolReturned | OutcomeUnknown)
    assert outcome.at > deadline


async def test_a_retry_of_once_never_sends(deciding: Deciding, target: Target) -> None:
    life = await deciding("once", seconds=SECONDS)
    await life.called()
    assert types(await life.act()) == ["OutcomeUnknown"]
    assert target.came == []


async def test_a_retry_of_keyed_renews_the_deadline_and_sends(deciding: Deciding, target: Target) -> None:
    """Also long after the deadline of the first attempt: a worker may have been down for a day."""
    life = await deciding("keyed", seconds=SECONDS)
    await life.called()
    await _outlive(life)
    assert types(await life.act()) == ["CallRenewed", "ToolReturned"]
    assert len(target.came) == 1


async def test_a_retry_of_lookup_asks_and_on_a_no_renews_and_sends(deciding: Deciding, target: Target) -> None:
    life = await deciding("lookup", seconds=SECONDS)
    await life.called()
    assert life.state.call is not None
    renewed, returned = (await life.act()).events
    assert isinstance(renewed, CallRenewed)
    assert isinstance(returned, ToolReturned)
    assert returned.how == "done"
    assert renewed.deadline == renewed.at + SECONDS
    assert (target.looked_up, len(target.came)) == (1, 1)


async def test_a_retry_of_lookup_that_is_told_yes_sends_nothing(deciding: Deciding, target: Target) -> None:
    life = await deciding("lookup", seconds=SECONDS)
    await life.called()
    assert life.state.call is not None
    target.came.append((f"{life.job}/{life.state.call.version}", "x"))
    [returned] = (await life.act()).events
    assert isinstance(returned, ToolReturned)
    assert returned.how == "asked"
    assert returned.result.text == "the target has it"
    assert len(target.came) == 1


@pytest.mark.parametrize("tool", ["lookup", "once"])
async def test_a_later_attempt_waits_for_the_renewed_deadline(tool: str, deciding: Deciding, target: Target) -> None:
    """A second attempt may be about to send: it renewed the deadline before."""
    life = await deciding(tool, seconds=SECONDS)
    await life.called()
    call = life.state.call
    assert call is not None
    stale = life.twin()
    renewed = CallRenewed(call=call.version, at=time.time(), deadline=time.time() + 2.0)
    await life.hands.jobs.append(life.job, Head(), lambda standing: [renewed])
    outcome = (await stale.act()).events[-1]
    assert isinstance(outcome, ToolReturned | OutcomeUnknown)
    assert outcome.at > renewed.deadline
    assert len(target.came) == (1 if tool == "lookup" else 0)


async def test_of_two_renewals_one_stands_and_one_sends(
    deciding: Deciding, target: Target, new_hands: NewHands
) -> None:
    """Both have outlived the deadline and asked; only who renews may send."""
    life = await deciding("lookup", seconds=SECONDS)
    await life.called()
    other = life.twin(new_hands(seconds=SECONDS))
    target.before.clear()
    one, two = asyncio.create_task(life.act()), asyncio.create_task(other.act())
    await target.begun.wait()
    target.before.set()
    await asyncio.gather(one, two)
    assert len(target.came) == 1
    assert (await life.types()).count("CallRenewed") == 1


@pytest.mark.parametrize("tool", ["pure", "transactional"])
async def test_what_changes_nothing_outside_may_run_at_any_time(tool: str, deciding: Deciding) -> None:
    life = await deciding(tool, seconds=SECONDS)
    await life.called()
    await _outlive(life)
    assert types(await life.act()) == ["ToolReturned"]


async def _outlive(life: Life) -> None:
    """Makes the open call's deadline one that has passed."""
    call = life.state.call
    assert call is not None
    past = CallRenewed(call=call.version, at=time.time() - 9, deadline=time.time() - 5)
    found = await life.hands.jobs.append(life.job, Head(), lambda standing: [past])
    life.state, life.seen = found.state, found.head
