"""Rule 10: every message becomes one event, that of what it changed or that of why it changed nothing."""

from typing import Any

import pytest

from domain.hear import parse
from domain.spoken import InformationGiven, MessageRefused, RequirementChanged
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import NOW, Life, Script, ask, finish, types, use

GARBAGE: list[tuple[str, Any]] = [
    ("tell", None),
    ("tell", 7),
    ("tell", ["a", "list"]),
    ("tell", {}),
    ("tell", {"text": ""}),
    ("tell", {"text": "x" * 4001}),
    ("tell", {"text": "x", "colour": "red"}),
    ("tell", {"text": "x", "by": ""}),
    ("tell", {"text": "x", "by": "a\nb"}),
    ("tell", {"text": {"deep": 1}}),
    ("tell", {"text": "a\0b"}),
    ("tell", {"text": "a\ud800b"}),
    ("tell", {"text": "x", "message_id": "a\0b", "now": "perhaps"}),
    ("inform", {"text": "a\0b"}),
    ("approve", {"request": "one"}),
    ("approve", {"request": 1, "args_hash": "short"}),
    ("approve", {"request": 2**70}),
    ("reject", {"request": 1, "why": "a\0b"}),
    ("answer", {"request": 1}),
    ("answer", {"request": 1, "text": "\0"}),
    ("pause", {"why": "\0"}),
    ("resume", {"why": "\ud800"}),
    ("cancel", {"why": "x" * 2001}),
    ("dance", {"text": "x"}),
    ("garbled", {"said": "x", "fault": "y"}),
]


@pytest.mark.parametrize(("kind", "said"), GARBAGE, ids=[f"{n} {kind}" for n, (kind, _) in enumerate(GARBAGE)])
async def test_garbage_is_recorded_as_refused_and_stops_no_other_message(
    kind: str, said: object, new_hands: NewHands, unique: str
) -> None:
    life = await Life(new_hands(), unique).open()
    garbage = parse(kind, said, "garbage", NOW)
    tail = await life.record(life.message("inform", text="before"), garbage, life.message("tell", text="after"))
    assert types(tail) == ["InformationGiven", "MessageRefused", "RequirementChanged"]
    refused = tail.events[1]
    assert isinstance(refused, MessageRefused)
    assert refused.why
    assert life.state.next_move() is not None


REFUSALS = [
    ("approve", {"request": 99}, "no open approval has the number 99; open requests: none"),
    ("reject", {"request": 99}, "no open approval has the number 99"),
    ("answer", {"request": 99, "text": "x"}, "no open question has the number 99"),
    ("resume", {}, "the job is not paused"),
]


@pytest.mark.parametrize(("kind", "said", "why"), REFUSALS)
async def test_what_changes_nothing_is_recorded_with_the_reason(
    kind: str, said: dict[str, Any], why: str, new_hands: NewHands, unique: str
) -> None:
    life = await Life(new_hands(), unique).open()
    before = life.state
    [refused] = (await life.say(kind, **said)).events
    assert isinstance(refused, MessageRefused)
    assert refused.kind == kind
    assert why in refused.why
    assert life.state.model_copy(update={"version": before.version}) == before


async def test_an_approval_of_other_arguments_is_refused(deciding: Deciding) -> None:
    life = await deciding("guarded")
    [request] = life.state.requests
    [refused] = (await life.say("approve", request=request.id, args_hash="0" * 64)).events
    assert isinstance(refused, MessageRefused)
    assert "have changed since they were shown" in refused.why
    assert types(await life.say("approve", request=request.id, args_hash=request.args_hash)) == ["ApprovalGranted"]
    [again] = (await life.say("approve", request=request.id)).events
    assert isinstance(again, MessageRefused)
    assert "granted already" in again.why


async def test_an_approval_lost_to_a_changed_requirement_is_refused(deciding: Deciding) -> None:
    """The plan that follows no longer makes that call: its request is void."""
    life = await deciding("guarded")
    [request] = life.state.requests
    await life.say("tell", text="to somebody else")
    life.hands.script.answers = [use("guarded", "to somebody else")]
    await life.turn()
    tail = await life.decide()
    assert "RequestVoided" in types(tail)
    assert "ApprovalRequested" in types(tail)
    assert types(await life.say("approve", request=request.id)) == ["MessageRefused"]
    assert life.hands.target.came == []


async def test_a_guarded_call_is_not_made_without_consent(deciding: Deciding) -> None:
    life = await deciding("guarded")
    assert types(await life.act()) == []
    assert life.hands.target.came == []
    await life.say("approve", request=life.state.requests[0].id)
    await life.turn()
    assert types(await life.act()) == ["ToolCalled", "ToolReturned"]


async def test_said_after_the_end_is_recorded_as_refused(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(script=Script(finish())), unique).open()
    await life.decide()
    await life.close()
    for kind in ("tell", "inform", "pause", "cancel"):
        [refused] = (await life.say(kind, **({"text": "x"} if kind in ("tell", "inform") else {}))).events
        assert isinstance(refused, MessageRefused)
        assert refused.why == "the job has ended (completed)"


async def test_messages_of_one_batch_are_judged_one_after_the_other(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open()
    batch = [life.message("pause"), life.message("pause"), life.message("resume"), life.message("resume")]
    assert types(await life.record(*batch)) == ["JobPaused", "MessageRefused", "JobResumed", "MessageRefused"]


async def test_revisions_are_numbered_in_the_order_of_recording(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open()
    stale = life.twin()
    await life.say("tell", text="blue")
    await stale.say("tell", text="green")
    changes = [event for event in await life.journal() if isinstance(event, RequirementChanged)]
    assert [(event.revision, event.text) for event in changes] == [(2, "blue"), (3, "green")]


async def test_a_repeated_message_is_answered_with_what_became_of_it(new_hands: NewHands, unique: str) -> None:
    """Also when it is far behind what the workflow has seen."""
    life = await Life(new_hands(script=Script(ask())), unique).open()
    told, refused = life.message("tell", text="blue"), life.message("resume")
    await life.record(told, refused)
    await life.decide()
    tail = await life.record(told, refused, life.message("inform", text="new"))
    assert types(tail) == ["InformationGiven"]
    assert [receipt.type for receipt in tail.receipts] == ["RequirementChanged", "MessageRefused"]


async def test_what_was_said_stands_as_it_was_said(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open()
    text = "naïve – 日本 \u202e \N{SLICE OF PIZZA}\t\n{} %s \\ '"
    await life.say("inform", text=text)
    said = (await life.journal())[-1]
    assert isinstance(said, InformationGiven)
    assert said.text == text
