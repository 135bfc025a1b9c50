"""`report --html`: the figures of text and JSON, nothing of what people wrote; read-only, whole or not at all."""

import asyncio
import html
import os
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from domain.report import Period
from settings import Settings
from starter.page.page import NOTHING_YET, page
from starter.report import reported
from stores import roles
from stores.postgres import Pool, transaction
from tests.conftest import Stack
from tests.integration.conftest import NewHands
from tests.integration.journals import CRASHED, DAY, TAKEN, Write, answered, called, returned, unknown
from tests.integration.lives import Life
from tests.integration.test_the_command_line import Terminal

GOAL = "<script>alert('goal')</script>"


def _rows(text: str) -> list[list[str]]:
    """The cells of every table, as far as anything stands in them."""
    return [
        [html.unescape(cell) for cell in re.findall(r"<t[hd](?: [^>]*)?>([^<]+)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", text)
    ]


async def test_its_figures_are_those_of_text_and_json(settings: Settings, write: Write, tmp_path: Path) -> None:
    await write(TAKEN, answered(), CRASHED, called(), returned(6))
    await write(TAKEN, answered(), called(), unknown(5))
    file, terminal = tmp_path / "report.html", Terminal(settings)
    counted = (await terminal("report", "--day", str(DAY), "-o", "json")).json()
    said = await terminal("report", "--day", str(DAY), "--html", str(file))
    assert said.code == 0, said.err
    assert f"the page is {file}" in said.err
    text = file.read_text()
    found = _rows(text)
    columns, *lines = said.out.splitlines()[1:]
    for row in [re.split(r"\s{2,}", line.strip()) for line in lines if re.search(r"\S {2,}\S", line)]:
        assert row in found
    assert [re.split(r"\s{2,}", columns)] == [row for row in found if row[0] == "figure"]
    for line in lines:
        if not re.search(r"\S {2,}\S", line):
            assert html.escape(line) in text
    _as_counted(counted, found)


def _as_counted(counted: dict[str, Any], found: list[list[str]]) -> None:
    [recovery] = [row for row in found if row[0] == "interruptions that the job moved on from"]
    rate = counted["recovery"]["rate"]
    assert recovery[1:3] == [str(rate["hit"]), str(rate["of"])] == ["1", "1"]
    assert recovery[4:6] == [str(rate["jobs_amiss"]), str(rate["jobs"])]
    [of_day] = [row for row in found if row[0] == f"{DAY}, unknown outcomes"]
    day = counted["trend"]["days"][-1]
    assert day["day"] == str(DAY)
    assert of_day[1:3] == [str(day["unknown"]["hit"]), str(day["unknown"]["of"])] == ["1", "2"]
    faults = [[each["count"], step["count"]] for each in counted["faults"] for step in each["followed"]]
    assert [[int(row[1]), int(row[3])] for row in found if len(row) == 4 and row[1].isdigit()] == faults
    assert [each["count"] for each in counted["recovery"]["histogram"]] == [
        int(row[1]) for row in found if re.match(r"[\d.]+ (s|min|h|d) ", row[0])
    ]
    assert ["all", str(counted["jobs"])] in found


async def test_nothing_that_people_wrote_is_in_it(new_hands: NewHands, pool: Pool, unique: str) -> None:
    life = await Life(new_hands(), unique).open(goal=GOAL, requested_by="ann-of-alertness")
    await life.say("tell", text=GOAL)
    text = page(await reported(pool, Period(), limit=None))
    assert "alert" not in text
    assert "<script" not in text


async def test_what_was_forged_in_the_journal_does_not_run(
    write: Write, pool: Pool, owners_pool: Pool, settings: Settings, tmp_path: Path
) -> None:
    job = await write(TAKEN, CRASHED)
    async with owners_pool.connection() as connection:
        await connection.execute("select set_config('longhaul.agent', '*', false)")
        forged = "update agent_events set event_data = event_data || jsonb_build_object('kind', %s::text)"
        await connection.execute(f"{forged} where stream = %s and version = 4".encode(), (GOAL, f"job/{job}"))
        await connection.execute("update agent_events set stream = %s where stream = %s", (f"job/{GOAL}", f"job/{job}"))
    file = tmp_path / "report.html"
    said = await Terminal(settings)("report", "--html", str(file))
    assert said.code == 0, said.err
    text = file.read_text()
    assert "<script" not in text
    assert html.escape(f"job/{GOAL}") in text
    assert html.escape(f"a step gave no result ({GOAL})") in text


async def test_of_an_empty_installation_it_says_that_there_is_nothing_yet(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    said = await Terminal(settings)("report", "--html", str(file))
    assert said.code == 0, said.err
    assert html.escape(NOTHING_YET) in file.read_text()
    assert "<svg" not in file.read_text()


async def test_who_may_change_nothing_gets_the_same(
    lived: dict[str, Life], settings: Settings, stack: Stack, database: str, tmp_path: Path
) -> None:
    """The auditor reads by its own role, under row-level security."""
    name = database.rpartition("/")[2]
    with psycopg.connect(stack.admin_dsn(name)) as connection:
        roles.let_log_in(connection, roles.AUDITOR, "auditor's")
    auditor = psycopg.conninfo.make_conninfo(stack.dsn(name), user=roles.AUDITOR, password="auditor's")
    where = psycopg.conninfo.conninfo_to_dict(auditor)
    dsn = f"postgresql://{roles.AUDITOR}:auditor's@{where['host']}:{where['port']}/{name}"
    file, its = tmp_path / "report.html", settings.model_copy(update={"postgres_dsn": SecretStr(dsn)})
    said = await Terminal(its)("report", "--html", str(file))
    assert said.code == 0, said.err
    assert said.out == (await Terminal(settings)("report")).out
    assert "100 %" in said.out
    assert lived


async def test_no_statement_waits_for_a_writer_or_holds_one_up(pool: Pool, owners_pool: Pool, write: Write) -> None:
    """Each lock it takes is the weakest that there is: it goes on while every table is kept from being changed."""
    await write(TAKEN, CRASHED, answered())
    async with transaction(owners_pool) as connection:
        await connection.execute("lock table agent_events, agent_tasks, todo_items in exclusive mode")
        found = await reported(pool, Period(), limit=None)
    assert found.recovery.rate.of == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [("", "no plain file"), ("nowhere/report.html", "there is no directory"), ("folder", "no plain file")],
)
async def test_where_it_cannot_be_written_nothing_is_computed(
    name: str, why: str, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    away = settings.model_copy(update={"postgres_dsn": SecretStr("postgresql://nobody@127.0.0.1:1/none")})
    said = await Terminal(away)("report", "--html", str(tmp_path / name))
    assert said.code == 2
    assert why in said.err
    assert said.out == ""


async def test_what_fails_leaves_the_old_page(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("old")
    away = settings.model_copy(update={"postgres_dsn": SecretStr("postgresql://nobody@127.0.0.1:1/none")})
    assert (await Terminal(away)("report", "--html", str(file))).code == 5
    assert file.read_text() == "old"
    assert not [name for name in await asyncio.to_thread(os.listdir, tmp_path) if name.endswith(".tmp")]
