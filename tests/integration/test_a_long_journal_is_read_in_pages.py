"""A journal that is longer than a page: what is found is the same, and a gap is still seen."""

import pytest

from domain.errors import JournalBehind
from domain.events import JobEvent, JobOpened, TurnTaken
from domain.head import Head
from domain.spoken import InformationGiven
from stores import journal
from stores.jobs import Jobs
from stores.postgres import Pool, reading
from tests.unit.domain.toy import requested

MESSAGES = 40


@pytest.fixture(params=[1, 2, 7, MESSAGES + 3, 500])
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    size: int = request.param
    monkeypatch.setattr(journal, "PAGE", size)
    return size


async def test_what_is_found_does_not_depend_on_the_page(page: int, pool: Pool, unique: str) -> None:
    writer = Jobs(pool)
    events: list[JobEvent] = [requested(unique, f"agent-{unique}"), JobOpened(at=1.0), TurnTaken(at=1.0)]
    found = await writer.commit(await writer.find(unique, Head()), events)
    for number in range(MESSAGES):
        said = InformationGiven(message_id=f"m{number}", by="ann", at=1.0, text=str(number))
        found = await writer.commit(found, [said])
    heads = found.heads
    for seen in (Head(), heads[0], heads[page - 1] if page <= len(heads) else heads[-1], heads[20], heads[-1]):
        cold = await Jobs(pool).find(unique, seen)
        assert cold.state == found.state
        assert cold.heads == heads[seen.version :]
        assert len(cold.standing.tail) == len(heads) - seen.version
        assert cold.head == found.head
    assert (await Jobs(pool).at(unique, 10)).version == 10
    async with reading(pool) as connection:
        rows = await journal.after(connection, f"job/{unique}", 5, 3)
    assert [row.head.version for row in rows] == [6, 7, 8]


async def test_a_gap_is_seen(page: int, pool: Pool, unique: str) -> None:
    jobs = Jobs(pool)
    found = await jobs.commit(await jobs.find(unique, Head()), [requested(unique, f"agent-{unique}")])
    for wrong in (Head(version=1, hash="0" * 64), Head(version=2, hash=found.head.hash)):
        with pytest.raises(JournalBehind):
            await jobs.find(unique, wrong)
