"""Where approvers are named, a guarded call waits for the signature of one: each way around is refused and recorded."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.keys import keys_by_name
from domain.signed import CLOCK_SECONDS, Approvers
from domain.spoken import ApprovalGranted, MessageRefused, OutcomeSettled
from starter.signing import signed
from stores.postgres import Pool
from stores.signatures import new_key, verifier
from tests.integration.conftest import NewHands
from tests.integration.lives import NOW, Life, Script, Target, use

HOUR = 3600.0


@dataclass(frozen=True)
class People:
    """Approvers with their private keys; eve has one that nobody named, ann requests the jobs."""

    private: dict[str, bytes]
    approvers: Approvers

    def sign(self, life: Life, kind: str, key_of: str, at: float = NOW, **said: Any) -> dict[str, Any]:
        """What that person's command line would send."""
        return signed(kind, {"message_id": f"m-{key_of}", "by": key_of, **said}, life.state, self.private[key_of], at)


@pytest.fixture
def people(tmp_path: Path) -> People:
    public = {name: new_key(tmp_path / name) for name in ("ann", "bob", "eve")}
    private = {name: keys_by_name((tmp_path / name).read_text(), "")["key"] for name in public}
    known = keys_by_name(",".join(f"{name}={public[name]}" for name in ("ann", "bob")), "=")
    return People(private, Approvers(frozenset(known), verifier(known), 72 * HOUR))


@pytest.fixture
async def life(new_hands: NewHands, people: People, unique: str) -> Life:
    return await _asking(new_hands, people, unique)


async def _asking(new_hands: NewHands, people: People, job: str, text: str = "x") -> Life:
    """A job, requested by ann, that waits for consent to its guarded call."""
    hands = new_hands(script=Script(use("guarded", text)), approvers=people.approvers, seconds=1.0)
    life = await Life(hands, job).open()
    await life.decide()
    assert life.state.status == "waiting"
    return life


def _request(life: Life) -> int:
    return life.state.requests[0].id


async def _refused(life: Life, target: Target, said: dict[str, Any], why: str, kind: str = "approve") -> None:
    """It is in the journal as refused, with the reason; the call waits, and nothing was sent."""
    request = _request(life)
    await life.say(kind, **said)
    event = (await life.journal())[-1]
    assert isinstance(event, MessageRefused)
    assert why in event.why
    assert event.by == said["by"]
    assert life.state.request(request)
    assert target.came == []


async def test_a_signed_approval_is_kept_with_its_signature(life: Life, people: People, target: Target) -> None:
    await life.say("approve", **people.sign(life, "approve", "bob", request=_request(life), why="fine"))
    event = (await life.journal())[-1]
    assert isinstance(event, ApprovalGranted)
    assert (event.by, event.why) == ("bob", "fine")
    assert event.signature is not None
    assert event.signature.at == NOW
    await life.turn()
    await life.act()
    assert [text for _, text in target.came] == ["x"]


async def test_an_unsigned_approval(life: Life, target: Target) -> None:
    await _refused(life, target, {"by": "bob", "request": _request(life)}, "it is not signed")


async def test_a_forged_approval(life: Life, people: People, target: Target) -> None:
    """Eve signs with her own key as bob; as herself she is no approver."""
    as_bob: dict[str, Any] = {"by": "bob", "request": _request(life), "message_id": "m-forged"}
    forged = signed("approve", as_bob, life.state, people.private["eve"], NOW)
    await _refused(life, target, forged, "its signature is not bob's for this job, request, arguments and message")
    as_eve = people.sign(life, "approve", "eve", request=_request(life))
    await _refused(life, target, as_eve, "'eve' is not among the approvers: ann, bob")


@pytest.mark.parametrize(
    "changed", [{"message_id": "m-again"}, {"signature_at": NOW - 60}, {"by": "ann"}, {"verdict": "again"}]
)
async def test_a_signature_for_something_else(
    changed: dict[str, Any], life: Life, people: People, target: Target
) -> None:
    """Replayed under another id, at another time, by another approver, for another purpose."""
    said = people.sign(life, "approve", "bob", request=_request(life))
    if "verdict" in changed:
        said["signature"] = people.sign(life, "answer", "bob", request=_request(life), text="again")["signature"]
    elif "signature_at" in changed:
        said["signature"] = {**said["signature"], "at": changed["signature_at"]}
    else:
        said |= changed
    why = "ann requested the job" if "by" in changed else "its signature is not bob's"
    await _refused(life, target, said, why)


async def test_a_signature_of_another_job(
    life: Life, new_hands: NewHands, people: People, target: Target, unique: str
) -> None:
    """The other job asks for the very same call, in a request of the same number."""
    other = await _asking(new_hands, people, f"{unique}-other")
    assert (_request(other), other.state.requests[0].args_hash) == (_request(life), life.state.requests[0].args_hash)
    said = people.sign(other, "approve", "bob", request=_request(other))
    await _refused(life, target, said, "its signature is not bob's")


async def test_a_signature_of_another_request(life: Life, people: People, target: Target) -> None:
    said = people.sign(life, "approve", "bob", request=_request(life))
    first = _request(life)
    await life.say("reject", by="bob", request=first)
    await life.say("tell", text="try once more")
    life.hands.script.answers = [use("guarded")]
    await life.turn()
    await life.decide()
    assert _request(life) != first
    await _refused(life, target, {**said, "request": _request(life)}, "its signature is not bob's")
    await _refused(life, target, {**said, "message_id": "m-first"}, "is denied already")


async def test_arguments_changed_after_the_approval(life: Life, people: People, target: Target) -> None:
    """Bob signs what he was shown; meanwhile the job wants to send something else."""
    shown = people.sign(life, "approve", "bob", request=_request(life))
    await life.say("tell", text="something else")
    life.hands.script.answers = [use("guarded", "something else")]
    await life.turn()
    await life.decide()
    await _refused(
        life, target, {**shown, "request": _request(life)}, "the arguments have changed since they were shown"
    )
    without_hash = {**shown, "request": _request(life), "args_hash": None, "message_id": "m-without"}
    await _refused(life, target, without_hash, "its signature is not bob's")


async def test_an_expired_signature(life: Life, people: People, target: Target) -> None:
    said = people.sign(life, "approve", "bob", request=_request(life))
    life.now = NOW + 72 * HOUR + 1
    await _refused(life, target, said, "its signature has expired: it holds for 72 hours")


async def test_a_signature_that_comes_late_but_in_time(life: Life, people: People) -> None:
    """As when no worker was up for a day."""
    said = people.sign(life, "approve", "bob", request=_request(life))
    life.now = NOW + 71 * HOUR
    await life.say("approve", **said)
    assert isinstance((await life.journal())[-1], ApprovalGranted)


async def test_a_signature_of_the_future(life: Life, people: People, target: Target) -> None:
    said = people.sign(life, "approve", "bob", at=NOW + CLOCK_SECONDS + 1, request=_request(life))
    await _refused(life, target, said, "a clock is wrong")


async def test_nobody_approves_what_they_requested(life: Life, people: People, target: Target) -> None:
    said = people.sign(life, "approve", "ann", request=_request(life))
    await _refused(life, target, said, "ann requested the job, and may not consent to its calls")


@pytest.mark.parametrize("garbage", ["x", {"ed25519": "x", "at": NOW}, {"at": NOW}, {"ed25519": "A" * 86 + "=="}, 7])
async def test_a_signature_that_is_none(garbage: object, life: Life, target: Target) -> None:
    request = _request(life)
    await life.say("approve", by="bob", request=request, signature=garbage)
    event = (await life.journal())[-1]
    assert isinstance(event, MessageRefused)
    assert event.why.startswith("it is not a valid message: signature")
    assert target.came == []


async def test_sending_again_needs_a_signature_and_settling_otherwise_does_not(
    life: Life, people: People, target: Target, pool: Pool
) -> None:
    await life.say("approve", **people.sign(life, "approve", "bob", request=_request(life)))
    await life.turn()
    await life.called()
    await life.act()
    assert life.state.requests[0].kind == "unknown_outcome"
    unsigned = {"by": "bob", "request": _request(life), "text": "again"}
    await _refused(life, target, unsigned, "it is not signed", kind="answer")
    again = people.sign(life, "answer", "bob", request=_request(life), text="again", message_id="m-bob-again")
    await life.say("answer", **again)
    event = (await life.journal())[-1]
    assert isinstance(event, OutcomeSettled)
    assert event.signature is not None


async def test_skipping_and_rejecting_need_no_signature(life: Life, target: Target) -> None:
    await life.say("reject", by="anybody", request=_request(life))
    assert "ApprovalDenied" in await life.types()
    assert target.came == []


def test_a_key_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    new_key(path)
    before = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Exception, match="name a file that is not there yet"):
        new_key(path)
    assert path.read_bytes() == before
