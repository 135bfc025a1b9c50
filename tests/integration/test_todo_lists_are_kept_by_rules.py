"""Vague, stale, long done, touched while at work: the rules of a TODO list on the real journal, tables and files."""

from pathlib import Path

import pytest

from activities.tidying import Tidying
from domain.events import ModelAnswered, PlanRevised, QuestionAsked, TodoEdited
from domain.facts import DAY, MAX_VAGUE
from domain.head import Head
from domain.todo import ItemStatus, Tidiness
from domain.todo_events import DoubtRaised, ItemsArchived, ItemsWentStale, VagueAnswered
from domain.todo_file import JobTodo
from domain.todo_hand import ticking
from settings import Settings
from stores import rebuild
from stores.jobs import Jobs
from stores.migrate import migrations
from stores.postgres import Pool
from stores.tasks import Tasks
from tests.integration.conftest import NewHands
from tests.integration.lives import NOW, Life, Script, Target, finish, use
from tests.integration.test_todo_on_the_command_line import Todo, planned, todo

__all__ = ["todo"]

VAGUE = {**use("keyed"), "plan": [{"item": "one", "text": "build feature"}]}
TERMS = Tidiness(stale_days=30, archive_days=14)


async def _life(hands: NewHands, unique: str, *answers: object) -> Life:
    return await Life(hands(script=Script(*answers)), unique).open()


def tidying(life: Life) -> Tidying:
    return Tidying(life.hands.jobs, Tasks(life.hands.pool), life.hands.files, TERMS)


async def edited(life: Life, item: str) -> None:
    """A person ticks an item from outside, as `longhaul todo done` does."""
    await Jobs(life.hands.pool).append(
        life.job, Head(), lambda standing: [ticking(JobTodo.of(standing.state), item, "ann", NOW)]
    )


def _todo_md(settings: Settings, life: Life) -> str:
    path: Path = settings.home / "agents" / life.agent / "TODO.md"
    return path.read_text()


async def test_a_vague_plan_is_never_worked_on(new_hands: NewHands, unique: str, target: Target) -> None:
    life = await _life(new_hands, unique, VAGUE, use("keyed"))
    await life.decide()
    assert [type(event) for event in (await life.journal())[-1:]] == [VagueAnswered]
    assert not any(isinstance(event, PlanRevised) for event in await life.journal())
    await life.decide()
    await life.act()
    assert [item.status for item in life.state.todo] == [ItemStatus.COMPLETED, ItemStatus.IN_PROGRESS]
    assert len(target.came) == 1


async def test_a_model_that_stays_vague_has_the_job_ask(new_hands: NewHands, unique: str, target: Target) -> None:
    life = await _life(new_hands, unique, VAGUE)
    for _ in range(MAX_VAGUE):
        await life.decide()
    assert [type(event) for event in (await life.journal())[-3:]] == [VagueAnswered, DoubtRaised, QuestionAsked]
    assert life.state.status == "waiting"
    assert life.hands.script.asked == MAX_VAGUE
    await life.say("answer", request=life.state.requests[0].id, text="the login form")
    await life.turn()
    await life.decide()
    await life.act()
    assert len(target.came) == 1, "what people were shown counts"
    assert life.hands.script.told[-1].state.exchanges[0].answer == "the login form"


async def test_stale_items_leave_an_agents_list_while_no_job_of_it_runs(
    new_hands: NewHands, unique: str, settings: Settings, pool: Pool
) -> None:
    life = await _life(new_hands, unique, use("guarded", plan=("one", "two", "three")), use("guarded", plan=("one",)))
    await life.decide()
    assert life.state.status == "waiting"
    await tidying(life)(NOW + 29 * DAY)
    assert not any(isinstance(event, ItemsWentStale) for event in await life.journal())
    await tidying(life)(NOW + 31 * DAY)
    await tidying(life)(NOW + 31 * DAY)
    stale = [event for event in await life.journal() if isinstance(event, ItemsWentStale)]
    assert [[item.item for item in event.dropped] for event in stale] == [["two", "three"]]
    shown = _todo_md(settings, life)
    assert "do one" in shown
    assert "do two" not in shown
    assert await rebuild.rebuild(pool, keep=False) == dict.fromkeys(rebuild.TABLES, 0)
    await life.say("approve", request=life.state.requests[0].id)
    await life.turn()
    await life.act()
    assert [item.status for item in life.state.todo] == [ItemStatus.COMPLETED]


async def test_what_was_done_long_ago_is_put_away_and_still_to_be_seen(
    new_hands: NewHands, unique: str, settings: Settings, pool: Pool, todo: Todo
) -> None:
    life = await _life(new_hands, unique, use("keyed", plan=("one",)), finish())
    await life.decide()
    await life.act()
    await life.decide()
    await life.close()
    assert "do one" in _todo_md(settings, life)
    done = life.state.todo[0].completed_at
    assert done is not None
    await tidying(life)(done + 15 * DAY)
    assert isinstance((await life.journal())[-1], ItemsArchived)
    assert "do one" not in _todo_md(settings, life)
    assert "do one" in (await todo("show", life.agent, "--archived")).out
    assert "1 items archived: completed more than 14 days ago" in (await todo("log", life.agent)).out
    assert await rebuild.rebuild(pool, keep=False) == dict.fromkeys(rebuild.TABLES, 0)


async def test_the_migration_fills_in_what_a_rebuild_computes(pool: Pool, unique: str, todo: Todo) -> None:
    await planned(pool, unique, unique, "look")
    for words in (
        ("add", unique, "check it twice"),
        ("drop", unique, "check it twice"),
        ("add", unique, "check it twice"),
    ):
        assert (await todo(*words)).code == 0
    migration = dict(migrations())["0010_todo.sql"]
    fill = migration[migration.index("update todo_items") :].partition("create index")[0]
    async with pool.connection() as connection:
        await connection.execute("update todo_items set added_at = 7")
        await connection.execute(fill.encode())
    assert await rebuild.rebuild(pool, keep=False) == dict.fromkeys(rebuild.TABLES, 0)


@pytest.mark.parametrize("by", ["command", "file"])
async def test_ticking_the_item_at_work_is_heard_by_the_model(
    new_hands: NewHands, unique: str, settings: Settings, target: Target, by: str
) -> None:
    life = await _life(new_hands, unique, use("keyed"), finish())
    await life.decide()

    async def meanwhile() -> None:
        if by == "command":
            return await edited(life, "one")
        path = settings.home / "agents" / life.agent / "TODO.md"
        assert "- [ ] do one" in path.read_text()
        path.write_text(path.read_text().replace("- [ ] do one", "- [x] do one"))
        assert await life.hands.files.imported(life.agent)
        return None

    target.during = meanwhile
    await life.act()
    assert [type(event) for event in await life.journal()].count(TodoEdited) == 1
    assert life.state.todo[0].status is ItemStatus.COMPLETED
    assert life.state.todo[0].result is not None
    assert life.state.todo[0].result.text == "sent", "what it came to is known as well"
    life.hands.script.answers = [use("pure", item="two", plan=None)]
    await life.decide()
    (said,) = life.hands.script.told[-1].state.information
    assert said.text == "I ticked item one as done while you worked on it"


async def test_the_command_line_says_that_it_was_at_work(
    new_hands: NewHands, unique: str, todo: Todo, pool: Pool
) -> None:
    life = await _life(new_hands, unique, use("guarded", plan=("one", "two")))
    await life.decide()
    waiting = await todo("done", life.agent, "two")
    assert "it was at work on that item" not in waiting.out
    other = await Life(life.hands, f"{unique}-b").open()
    other.hands.script.answers = [use("keyed")]
    await other.decide()
    running = await todo("drop", other.agent, "one", "--reason", "not needed")
    assert "it was at work on that item: recorded, and the agent is told" in running.out
    await planned(pool, f"{unique}-c", f"{unique}-c", "look")
    vague = await todo("add", f"{unique}-c", "handle it")
    assert "that is vague (it says that something is to be done, and not to what)" in vague.out
    assert "- [ ] handle it ← VAGUE: TO BE BROKEN DOWN FIRST" in (await todo("show", f"{unique}-c")).out


async def test_a_decision_on_a_list_that_was_edited_meanwhile_is_made_anew(new_hands: NewHands, unique: str) -> None:
    life = await _life(new_hands, unique, use("keyed"), use("pure", item="two", plan=None))
    await life.decide()
    await edited(life, "one")
    await life.act()
    await life.decide()
    journal = await life.journal()
    assert [type(event) for event in journal].count(PlanRevised) == 1
    assert isinstance(journal[-1], ModelAnswered)
    assert life.state.todo[1].status is ItemStatus.IN_PROGRESS
