"""`rebuild` makes every table anew, row for row; what somebody changed in them by hand is put right."""

from domain import sharing
from domain.sections import Section
from domain.sharing import Access, AccessGranted
from stores import rebuild
from stores.postgres import EVERY_AGENT, Pool, transaction
from tests.support.jobs import ended, toy, waits
from tests.workflows.conftest import World


async def _varied(world: World, unique: str) -> None:
    longhaul = world.longhaul
    await longhaul.start(toy(f"{unique}-a", "pure", "transactional", "keyed", "once"))
    await longhaul.start(toy(f"{unique}-b", "guarded", "transactional"))
    await longhaul.start(toy(f"{unique}-c", "keyed", job_type="nonsense"))
    await waits(longhaul, f"{unique}-b")
    await longhaul.say(f"{unique}-b", "tell", {"by": "ann", "text": "add keyed:more"})
    await longhaul.say(f"{unique}-b", "pause", {"by": "ann"})
    await longhaul.say(f"{unique}-b", "resume", {"by": "ann"})
    asked = (await waits(longhaul, f"{unique}-b")).requests[0]
    await longhaul.say(f"{unique}-b", "approve", {"by": "ann", "request": asked.id})
    for name in "abc":
        await ended(longhaul, f"{unique}-{name}")
    grant = AccessGranted(reader="bob", sections=(Section.LEARNINGS,), access=Access.READ, by="ann")
    await longhaul.memories.append(f"agent-{unique}", lambda memory: sharing.given(memory.grants, grant))
    await longhaul.start(toy(f"{unique}-d", "guarded"))
    await waits(longhaul, f"{unique}-d")


async def test_row_for_row(world: World, pool: Pool, unique: str) -> None:
    await _varied(world, unique)
    assert await rebuild.rebuild(pool) == dict.fromkeys(rebuild.TABLES, 0)


async def test_what_was_changed_by_hand_is_put_right(world: World, pool: Pool, unique: str) -> None:
    await _varied(world, unique)
    async with transaction(pool, EVERY_AGENT) as connection:
        await connection.execute("update agent_tasks set status = 'failed', error = 'x' where status = 'completed'")
        await connection.execute("delete from todo_items where status = 'completed'")
        await connection.execute("update memory_entries set text = 'lies'")
        await connection.execute("delete from documents")
        await connection.execute("update memory_postings set times = times + 1")
        await connection.execute("delete from memory_lexemes")
        await connection.execute("delete from memory_grants")
    checked = await rebuild.rebuild(pool, keep=False)
    assert all(checked.values())
    assert await rebuild.rebuild(pool) == checked
    assert await rebuild.rebuild(pool) == dict.fromkeys(rebuild.TABLES, 0)
