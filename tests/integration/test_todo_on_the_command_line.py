"""What people do to an agent's list: events like those of an edited TODO.md, with who did it."""

from collections.abc import Awaitable, Callable

import pytest

from domain.events import JobCancelled, JobEvent, JobOpened, JobRequested, PlanRevised
from domain.head import Head
from domain.todo import PlanItem
from settings import Settings
from stores.jobs import Jobs
from stores.postgres import Pool
from tests.integration.test_the_command_line import Terminal
from tests.support.forked import Said

Todo = Callable[..., Awaitable[Said]]
"""`longhaul todo …`."""


@pytest.fixture
def todo(settings: Settings) -> Todo:
    terminal = Terminal(settings)
    return lambda *words: terminal("todo", *words)


async def planned(pool: Pool, agent: str, job: str, *items: str) -> None:
    """A job with a plan, that no worker takes up."""
    said = {"job": job, "agent": agent, "job_type": "survey", "goal": "see", "requested_by": "ann"}
    plan = tuple(PlanItem(item=item, text=f"do {item}") for item in items)
    events: list[JobEvent] = [JobRequested.model_validate(said), JobOpened(at=1.0), PlanRevised(revision=1, items=plan)]
    await Jobs(pool).append(job, Head(), lambda standing: events)


async def items(pool: Pool, job: str) -> list[tuple[str, str]]:
    return [(item.text, item.status.value) for item in (await Jobs(pool).find(job, Head())).state.todo]


async def test_items_are_added_done_and_dropped(todo: Todo, pool: Pool, unique: str) -> None:
    await planned(pool, unique, unique, "look", "write")
    added = await todo("add", unique, "check it  twice", "--by", "bob")
    assert added.out == f"job {unique}: TODO.md edited by hand: 1 added; heard before the next decision\n"
    assert (await todo("done", unique, "look", "--by", "bob")).code == 0
    assert (await todo("drop", unique, "do write", "--reason", "not needed", "--by", "bob")).code == 0
    assert await items(pool, unique) == [("do look", "completed"), ("check it twice", "pending")]
    assert [line.split("  ")[-1] for line in (await todo("log", unique)).out.splitlines()[1:]] == [
        "plan for revision 1: 2 items to do",
        "TODO.md edited by hand: 1 added",
        "TODO.md edited by hand: 1 ticked",
        "TODO.md edited by hand: 1 dropped",
    ]


async def test_what_is_not_right_is_refused_and_changes_nothing(todo: Todo, pool: Pool, unique: str) -> None:
    await planned(pool, unique, unique, "look")
    await todo("done", unique, "look")
    before = await items(pool, unique)
    for words, told in (
        (("done", unique, "lok"), f"item 'lok' of agent {unique}; open jobs: {unique}"),
        (("done", unique, "look"), "is done already"),
        (("drop", unique, "look"), "is done already"),
        (("drop", unique, "x", "--job", unique), f"item 'x' of job {unique}; open are none"),
        (("add", unique, " "), "an item needs a text"),
        (("add", unique, "do look"), "has that item already: look, completed"),
        (("add", f"{unique}-x", "y"), "open jobs: none"),
        (("log", f"{unique}-x"), "Not found: agent"),
        (("add", unique, "y", "--job", "z"), f"job z of agent {unique}"),
    ):
        said = await todo(*words)
        assert (said.code, said.out) == (2, ""), words
        assert told in said.err, words
    assert await items(pool, unique) == before


async def test_with_several_open_jobs_it_is_said_which(todo: Todo, pool: Pool, unique: str) -> None:
    one, two = f"{unique}-1", f"{unique}-2"
    await planned(pool, unique, one, "look")
    await planned(pool, unique, two, "write")
    which = await todo("add", unique, "check")
    assert (which.code, which.out) == (2, "")
    assert f"which job's? say --job, one of {one}, {two}" in which.err
    assert (await todo("add", unique, "check", "--job", two)).code == 0
    assert (await todo("done", unique, "look")).code == 0, "only one job has that item"
    await Jobs(pool).append(one, Head(), lambda standing: [JobCancelled(by="ann")])
    assert (await todo("add", unique, "check again")).code == 0, "only one job is open now"
    assert await items(pool, one) == [("do look", "completed")]
    assert [text for text, _ in await items(pool, two)] == ["do write", "check", "check again"]
