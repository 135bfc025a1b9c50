"""Rule 1: an append is judged on what stands when it is made; the second re-reads and judges again."""

import asyncio
from collections.abc import Sequence

import pytest

from activities.inputs import Tail
from domain.events import JobEvent, ModelAnswered, QuestionAsked, ToolCalled
from domain.facts import DAY
from domain.spoken import InformationGiven, MessageRefused
from stores.postgres import Pool
from tests.conftest import until
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import APPROVAL_DAYS, NOW, HeldJobs, Life, Script, Target, ask, finish, meeting, types, use


async def test_of_two_decisions_at_one_version_one_stands_and_both_attempts_return_it(
    new_hands: NewHands, pool: Pool, unique: str
) -> None:
    hold = meeting(2)
    first = await Life(new_hands(), unique).open()
    one = first.twin(new_hands(jobs=HeldJobs(pool, hold), script=Script(use("keyed", "mine"))))
    two = first.twin(new_hands(jobs=HeldJobs(pool, hold), script=Script(use("keyed", "no, mine"))))
    tails = await asyncio.gather(one.decide(), two.decide())
    assert tails[0] == tails[1]
    assert (await first.types()).count("ModelAnswered") == 1
    assert one.hands.script.asked == two.hands.script.asked == 1


async def test_a_decision_on_what_is_no_longer_so_is_not_made(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open()
    stale = life.twin()
    await life.say("tell", text="in blue")
    assert types(await stale.decide()) == ["RequirementChanged"]
    assert life.hands.script.asked == 0


async def test_a_decision_that_a_message_overtakes_is_dropped_and_the_message_returned(
    new_hands: NewHands, unique: str
) -> None:
    life = await Life(new_hands(), unique).open()
    other = life.twin()

    async def meanwhile() -> None:
        await other.say("tell", text="in blue")

    life.hands.script.during = meanwhile
    assert types(await life.decide()) == ["RequirementChanged"]
    assert "ModelAnswered" not in await life.types()


async def test_two_attempts_at_one_call_make_one_call(deciding: Deciding, pool: Pool, new_hands: NewHands) -> None:
    """Whose call stands writes its outcome only when the other attempt is through, or has sent as well."""
    life, together = await deciding("once"), meeting(2)
    target, attempts = life.hands.target, list[asyncio.Task[Tail]]()

    async def hold(events: Sequence[JobEvent]) -> None:
        await together(events)
        if events[0].type != "ToolCalled":
            await until(lambda: len(target.came) > 1 or any(attempt.done() for attempt in attempts))

    lives = [life.twin(new_hands(jobs=HeldJobs(pool, hold))) for _ in range(2)]
    attempts += [asyncio.create_task(each.act()) for each in lives]
    await asyncio.gather(*attempts)
    assert (await life.types())[-2:] == ["ToolCalled", "ToolReturned"]
    assert (await life.types()).count("ToolCalled") == 1
    assert len(target.came) == 1


@pytest.mark.parametrize(("kind", "event"), [("tell", "RequirementChanged"), ("inform", "InformationGiven")])
async def test_a_call_that_a_message_precedes_is_not_made(kind: str, event: str, deciding: Deciding) -> None:
    life = await deciding("keyed")
    stale = life.twin()
    await life.say(kind, text="in blue")
    assert types(await stale.act()) == [event]
    assert life.hands.target.came == []
    assert "ToolCalled" not in await life.types()


async def test_a_call_that_a_message_overtakes_is_not_made(deciding: Deciding, pool: Pool, new_hands: NewHands) -> None:
    """The message comes after the attempt has judged, before it has appended."""
    life = await deciding("keyed")
    other = life.twin()

    async def overtaken(events: object) -> None:
        if other.seen == life.seen:
            await other.say("tell", text="in blue")

    late = life.twin(new_hands(jobs=HeldJobs(pool, overtaken)))
    assert types(await late.act()) == ["RequirementChanged"]
    assert life.hands.target.came == []
    assert "ToolCalled" not in await life.types()


async def test_an_outcome_stands_though_a_message_came_between(deciding: Deciding) -> None:
    life = await deciding("once")
    other = life.twin()
    life.hands.target.after.clear()
    acting = asyncio.create_task(life.act())
    await life.hands.target.applied.wait()
    await other.say("inform", text="it is urgent")
    await other.say("tell", text="in blue")
    life.hands.target.after.set()
    tail = await acting
    assert types(tail) == ["ToolCalled", "InformationGiven", "RequirementChanged", "ToolReturned"]
    assert life.state.revision == 2
    assert life.state.steps_done == 1


async def test_the_outcome_of_a_transaction_stands_though_a_message_came_between(
    deciding: Deciding, pool: Pool
) -> None:
    """Its transaction is rolled back and made again, so its change stands once."""
    life = await deciding("transactional")
    other = life.twin()

    async def meanwhile() -> None:
        if other.said < 102:
            await other.say("inform", text="it is urgent")

    life.hands.target.during = meanwhile
    tail = await life.act()
    assert types(tail)[0] == "ToolCalled"
    assert types(tail)[-1] == "ToolReturned"
    assert types(tail).count("InformationGiven") == 2
    async with pool.connection() as connection:
        kept = await (await connection.execute("select count(*) from effects")).fetchone()
    assert kept == (1,)


async def test_a_message_is_recorded_whatever_stands_already(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open()
    stale = life.twin()
    await life.say("inform", text="first")
    assert types(await stale.say("inform", text="second")) == ["InformationGiven", "InformationGiven"]
    assert [said.text for said in stale.state.information] == ["first", "second"]


async def test_a_message_stands_once_however_often_it_comes(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open()
    stale = life.twin()
    message = life.message("tell", text="in blue")
    await life.record(message, message)
    again = await life.record(message)
    await stale.record(message)
    assert (await life.types()).count("RequirementChanged") == 1
    assert again.events == ()
    assert [receipt.message_id for receipt in again.receipts] == [message.message_id]
    assert life.state == stale.state


async def test_two_workers_that_record_at_once_lose_no_message_and_double_none(
    new_hands: NewHands, pool: Pool, unique: str
) -> None:
    life = await Life(new_hands(), unique).open()
    hold = meeting(2)
    one, two = (life.twin(new_hands(jobs=HeldJobs(pool, hold))) for _ in range(2))
    shared = life.message("inform", text="both have this")
    await asyncio.gather(
        one.record(shared, life.message("inform", text="one")), two.record(shared, life.message("inform", text="two"))
    )
    texts = [event.text for event in await life.journal() if isinstance(event, InformationGiven)]
    assert sorted(texts) == ["both have this", "one", "two"]


async def test_of_two_expiries_one_stands(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(script=Script(ask())), unique).open()
    await life.decide()
    stale = life.twin()
    life.now = stale.now = NOW + APPROVAL_DAYS * DAY
    assert types(await life.expire()) == ["RequestExpired"]
    assert types(await stale.expire()) == ["RequestExpired"]
    assert (await life.types()).count("RequestExpired") == 1


async def test_a_job_is_overdue_once(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(), unique).open(limits={"days": 1})
    stale = life.twin()
    life.now = stale.now = NOW + DAY
    assert types(await life.expire()) == types(await stale.expire()) == ["JobOverdue"]
    assert (await life.types()).count("JobOverdue") == 1


async def test_an_answer_in_the_journal_comes_before_an_expiry(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(script=Script(ask())), unique).open()
    asked = (await life.decide()).events[-1]
    assert isinstance(asked, QuestionAsked)
    stale = life.twin()
    await life.say("answer", request=life.state.requests[0].id, text="the second")
    stale.now = NOW + APPROVAL_DAYS * DAY
    assert types(await stale.expire()) == ["QuestionAnswered"]
    assert "RequestExpired" not in await life.types()


@pytest.mark.parametrize(("kind", "event"), [("tell", "RequirementChanged"), ("inform", "InformationGiven")])
async def test_a_job_does_not_end_over_a_message_that_it_has_not_seen(
    kind: str, event: str, new_hands: NewHands, unique: str
) -> None:
    life = await Life(new_hands(script=Script(finish())), unique).open()
    await life.decide()
    stale = life.twin()
    await life.say(kind, text="in blue")
    assert types(await stale.close()) == [event]
    assert life.state.end is None
    assert "JobCompleted" not in await life.types()


async def test_of_two_ends_one_stands_and_what_comes_later_is_refused(new_hands: NewHands, unique: str) -> None:
    life = await Life(new_hands(script=Script(finish(learnings=["it works"]))), unique).open()
    await life.decide()
    stale = life.twin()
    await asyncio.gather(life.close(), stale.close())
    assert (await life.types()).count("JobCompleted") == 1
    refused = (await life.say("tell", text="wait")).events[-1]
    assert isinstance(refused, MessageRefused)
    memory = await life.hands.memories.load(life.agent)
    assert [entry.text for entry in memory.entries] == ["it works"]


async def test_a_call_is_made_once_by_a_workflow_that_was_reset(deciding: Deciding, target: Target) -> None:
    """An earlier life of the workflow goes on from what it had seen: the journal answers it."""
    life = await deciding("once")
    reset = life.twin()
    await life.act()
    tail = await reset.act()
    assert types(tail) == ["ToolCalled", "ToolReturned"]
    assert len(target.came) == 1
    assert isinstance(tail.events[0], ToolCalled)
    assert not any(isinstance(event, ModelAnswered) for event in tail.events)
