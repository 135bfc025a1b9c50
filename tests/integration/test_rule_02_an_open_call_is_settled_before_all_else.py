"""Rule 2: an open call is settled first, and one that people have voided is never sent, whatever its effect."""

import time

import pytest

from domain.events import OutcomeUnknown, ToolFailed, ToolReturned
from domain.moves import Act, Close
from stores.postgres import Pool
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import HeldJobs, Target, types, use

SECONDS = 0.4
VOIDINGS = {"a changed requirement": ("tell", {"text": "in blue"}), "a cancellation": ("cancel", {})}
VOIDED = pytest.mark.parametrize(("kind", "said"), VOIDINGS.values(), ids=VOIDINGS.keys())


@VOIDED
@pytest.mark.parametrize(
    ("tool", "outcome"),
    [
        ("pure", "ToolFailed"),
        ("transactional", "ToolFailed"),
        ("keyed", "OutcomeUnknown"),
        ("lookup", "ToolFailed"),
        ("once", "OutcomeUnknown"),
    ],
)
async def test_a_voided_call_is_never_sent(
    tool: str, outcome: str, kind: str, said: dict[str, str], deciding: Deciding, target: Target
) -> None:
    life = await deciding(tool, seconds=SECONDS)
    await life.called()
    await life.say(kind, **said)
    tail = await life.act()
    assert types(tail) == [outcome]
    assert target.came == []
    assert life.state.call is None


@VOIDED
async def test_a_voided_call_that_went_out_is_found_by_asking(
    kind: str, said: dict[str, str], deciding: Deciding, target: Target
) -> None:
    life = await deciding("lookup", seconds=SECONDS)
    await life.called()
    assert life.state.call is not None
    target.came.append((f"{life.job}/{life.state.call.version}", "x"))
    await life.say(kind, **said)
    [outcome] = (await life.act()).events
    assert isinstance(outcome, ToolReturned)
    assert outcome.how == "asked"
    assert len(target.came) == 1


async def test_a_voided_call_whose_target_cannot_be_asked_goes_to_a_person(deciding: Deciding, target: Target) -> None:
    life = await deciding("lookup", seconds=SECONDS)
    await life.called()
    await life.say("tell", text="in blue")
    target.lookup_fault = ConnectionError("no route")
    [outcome] = (await life.act()).events
    assert isinstance(outcome, OutcomeUnknown)
    assert "no route" in outcome.why
    assert target.came == []


@pytest.mark.parametrize("tool", ["keyed", "lookup", "once"])
async def test_a_voided_call_is_given_up_only_after_its_deadline(tool: str, deciding: Deciding) -> None:
    """Until then another attempt may still send it."""
    life = await deciding(tool, seconds=1.0)
    await life.called()
    assert life.state.call is not None
    deadline = life.state.call.deadline
    await life.say("tell", text="in blue")
    await life.act()
    assert time.time() > deadline


async def test_a_call_that_is_voided_while_it_is_looked_at_is_not_sent_again(
    deciding: Deciding, target: Target, pool: Pool, new_hands: NewHands
) -> None:
    """The change comes between the look at the call and its renewal."""
    life = await deciding("keyed", seconds=SECONDS)
    await life.called()
    other = life.twin()

    async def meanwhile(look: int) -> None:
        if look == 2:
            await other.say("tell", text="in blue")

    late = life.twin(new_hands(seconds=SECONDS, jobs=HeldJobs(pool, look=meanwhile)))
    await late.act()
    assert late.state.revision == 2
    assert target.came == []
    assert "CallRenewed" not in await life.types()


@VOIDED
async def test_a_transaction_whose_call_is_voided_while_it_runs_changes_nothing(
    kind: str, said: dict[str, str], deciding: Deciding, target: Target, pool: Pool
) -> None:
    """It is raced, rolled back and looked at again: by then the call is known to be void."""
    life = await deciding("transactional")
    await life.called()
    other = life.twin()

    async def meanwhile() -> None:
        target.during = None
        await other.say(kind, **said)

    target.during = meanwhile
    assert types(await life.act())[-1] == "ToolFailed"
    async with pool.connection() as connection:
        left = await (await connection.execute("select count(*) from effects")).fetchone()
    assert left == (0,)


@pytest.mark.parametrize("tool", ["pure", "transactional", "keyed"])
async def test_a_paused_job_settles_its_open_call_first(tool: str, deciding: Deciding) -> None:
    life = await deciding(tool)
    await life.called()
    await life.say("pause")
    move = life.state.next_move()
    assert isinstance(move, Act)
    await life.act()
    assert life.state.call is None
    assert life.state.steps_done == 1
    assert life.state.status == "waiting"


async def test_a_cancelled_job_ends_only_after_its_open_call(deciding: Deciding) -> None:
    life = await deciding("lookup", seconds=SECONDS)
    await life.called()
    await life.say("cancel")
    assert types(await life.close()) == []
    [outcome] = (await life.act()).events
    assert isinstance(outcome, ToolFailed)
    assert isinstance(life.state.next_move(), Close)
    assert types(await life.close()) == ["JobCancelled"]


async def test_a_plan_waits_for_the_open_call(deciding: Deciding) -> None:
    life = await deciding("keyed")
    await life.called()
    await life.say("inform", text="hurry")
    life.hands.script.answers = [use("keyed", "something else", plan=("other",))]
    assert types(await life.decide()) == []
    assert life.hands.script.asked == 1
    await life.act()
    assert life.hands.target.came[0][1] == "x"
