"""`rebuild` makes every table from the journal alone, row for row, after jobs that went every way there is."""

from typing import Any

import pytest

from domain import sharing
from domain.sections import Section
from domain.sharing import Access, AccessGranted
from stores import rebuild
from stores.memory import Memories
from stores.postgres import EVERY_AGENT, Pool, transaction
from tests.integration.conftest import Deciding, NewHands
from tests.integration.lives import Life, Script, Target, ask, finish, use

SPOILED = {
    "agent_tasks": "update agent_tasks set status = 'failed', revision = 9, waiting_for = '[]', started_at = null",
    "todo_items": "delete from todo_items",
    "memory_entries": "update memory_entries set removed_in = 1, text = 'lies'",
    "documents": "update documents set sha256 = 'x'",
    "memory_grants": "update memory_grants set reader_id = 'eve'",
}


async def _tables(pool: Pool) -> dict[str, list[Any]]:
    async with transaction(pool, EVERY_AGENT) as connection:
        return {
            name: await (await connection.execute(f"table {name} order by 1, 2, 3".encode())).fetchall()
            for name in rebuild.TABLES
        }


async def _went(life: Life, *answers: object) -> Life:
    """Decides and acts as the model says, one answer after the other."""
    for answer in answers:
        life.hands.script.answers = [answer]
        await life.turn()
        await life.decide()
        await life.act()
    return life


@pytest.fixture
async def lived(new_hands: NewHands, target: Target, unique: str) -> dict[str, Life]:
    """Jobs that ended well, failed, were cancelled, wait, are paused, are in doubt, were edited, and never began."""

    async def life(name: str, **limits: Any) -> Life:
        hands = new_hands(script=Script(finish()), seconds=0.3)
        return await Life(hands, f"{unique}-{name}").open(limits=limits)

    lives = {name: await life(name) for name in ("done", "gone", "asks", "pauses", "doubts", "settled", "edits")}
    done = await _went(lives["done"], use("pure"), use("remember", item="two", plan=None))
    target.result = type(target.result)(text="written", files={"notes/a.txt": b"a", "b.txt": b"b"})
    await _went(done, use("transactional", item="three", plan=("three",)), finish(learnings=["it works"]))
    await done.close()
    await _went(lives["gone"], use("keyed"))
    await lives["gone"].say("cancel", why="no more")
    await lives["gone"].close()
    await _went(lives["asks"], ask(), use("guarded"))
    await lives["asks"].say("tell", text="in blue")
    await lives["pauses"].say("pause", why="lunch")
    target.fault = ConnectionError("cut off")
    for name in ("doubts", "settled"):
        await _went(lives[name], use("once"))
    target.fault = None
    await lives["settled"].say("answer", request=lives["settled"].state.requests[0].id, text="skip")
    await _went(lives["edits"], use("keyed"))
    folder = lives["edits"].hands.files.workspace
    todo = folder.read(lives["edits"].agent, "TODO.md")
    assert todo
    folder.replace(lives["edits"].agent, "TODO.md", todo.replace(b"- [ ] do two", b"- [x] do two\n- [ ] do six"))
    await lives["edits"].hands.files.sync(lives["edits"].agent)
    grant = AccessGranted(reader="bob", sections=(Section.LEARNINGS,), access=Access.READ, by="ann")
    await Memories(done.hands.pool).append(done.agent, lambda memory: sharing.given(memory.grants, grant))
    failing = await life("fails")
    for _ in range(5):
        await failing.read_on("crashed", "no model")
    await failing.close()
    return {**lives, "fails": failing}


async def test_row_for_row(lived: dict[str, Life], pool: Pool) -> None:
    before = await _tables(pool)
    statuses = {row[3] for row in before["agent_tasks"]}
    assert statuses >= {"completed", "failed", "cancelled", "waiting", "in_progress"}
    assert all(before.values()), "every table has rows"
    assert await rebuild.rebuild(pool) == dict.fromkeys(rebuild.TABLES, 0)
    assert await _tables(pool) == before
    assert len(lived) == len(before["agent_tasks"])


@pytest.mark.parametrize("table", SPOILED)
@pytest.mark.usefixtures("lived")
async def test_what_somebody_changed_is_counted_and_put_right(table: str, pool: Pool) -> None:
    before = await _tables(pool)
    async with transaction(pool, EVERY_AGENT) as connection:
        await connection.execute(SPOILED[table].encode())
    spoiled = await _tables(pool)
    counted = await rebuild.rebuild(pool, keep=False)
    assert [name for name, count in counted.items() if count] == [table]
    assert await _tables(pool) == spoiled, "it was only to compare"
    assert await rebuild.rebuild(pool) == counted
    assert await _tables(pool) == before


async def test_a_job_goes_on_after_a_rebuild(deciding: Deciding, pool: Pool) -> None:
    life = await deciding("keyed")
    await rebuild.rebuild(pool)
    await life.act()
    assert life.state.steps_done == 1
    assert not any((await rebuild.rebuild(pool, keep=False)).values())
