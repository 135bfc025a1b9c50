"""Rule 3: a call's key is its place in the journal, and what is recorded wins over what a retried model says."""

import pytest

from domain.answers import PlannedCall
from domain.canonical import args_hash
from domain.events import ModelAnswered, ToolCalled
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import Life, Script, Target, use


@pytest.mark.parametrize("tool", ["keyed", "lookup", "once"])
async def test_the_key_is_job_and_version_of_the_call(tool: str, deciding: Deciding, target: Target) -> None:
    life = await deciding(tool)
    await life.act()
    [version] = [n for n, event in enumerate(await life.journal(), 1) if isinstance(event, ToolCalled)]
    assert target.keys == [f"{life.job}/{version}"]


async def test_a_retry_sends_under_the_same_key(deciding: Deciding, target: Target, new_hands: NewHands) -> None:
    life = await deciding("keyed")
    target.during = _die
    with pytest.raises(ConnectionError):
        await life.act()
    target.during = None
    await life.twin(new_hands()).act()
    assert len(target.came) == 2
    assert len(set(target.keys)) == 1


async def _die() -> None:
    raise ConnectionError("the answer was lost")


async def test_the_same_call_of_another_step_has_another_key(deciding: Deciding, target: Target) -> None:
    life = await deciding("keyed")
    life.hands.script.answers = [use("keyed", item="two", plan=None)]
    await life.act()
    await life.decide()
    await life.act()
    assert len(target.came) == len(set(target.keys)) == 2


async def test_a_retried_model_does_not_change_what_it_decided(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(script=Script(use("keyed", "first"))), unique).open()
    retry = life.twin(new_hands(script=Script(use("once", "second"))))
    await life.decide()
    await retry.decide()
    assert isinstance(retry.state.intent, PlannedCall)
    assert retry.state.intent.args == {"text": "first"}
    assert retry.hands.script.asked == 0


async def test_the_recorded_call_is_sent_though_the_model_now_says_otherwise(
    deciding: Deciding, target: Target, new_hands: NewHands
) -> None:
    """A worker died after the call; the next one asks no model, and takes nothing from its own."""
    life = await deciding("keyed")
    await life.called()
    after = life.twin(new_hands(script=Script(use("keyed", "something else"))))
    await after.act()
    assert [text for _, text in target.came] == ["x"]
    assert after.hands.script.asked == 0


async def test_the_call_holds_what_the_model_decided_and_the_hash_of_it(deciding: Deciding) -> None:
    life = await deciding("keyed")
    await life.act()
    events = await life.journal()
    [answered] = [event for event in events if isinstance(event, ModelAnswered)]
    [called] = [event for event in events if isinstance(event, ToolCalled)]
    assert called.call == answered.intent
    assert called.call.args_hash == args_hash("keyed", {"text": "x"})
