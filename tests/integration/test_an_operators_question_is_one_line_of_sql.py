"""Every query of docs/sql.md runs against jobs that were really done, and says what really happened."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agents.playbooks.mailing import Mailing
from agents.playbooks.survey import Survey
from agents.tools.all import tools
from agents.tools.tool import Tool, ToolContext, ToolResult
from domain.errors import ToolUnsent
from domain.job import JobState
from settings import Settings
from starter.client import Longhaul, request
from starter.demo.sink import Sink
from stores.postgres import Pool
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, waits
from tests.support.toys import Toy, ToyArgs, toy_tools
from tests.support.witness import Witness
from worker import Agents, running

PAGE = (Path(__file__).parents[2] / "docs" / "sql.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^(?!```|\|)(\S.*\?)[^\n]*\n\n```sql\n(.*?)\n```", PAGE, re.M)
"""Each question with its query."""

Rows = list[dict[str, Any]]


async def _slow(ctx: ToolContext, args: ToyArgs) -> ToolResult:
    await asyncio.sleep(60)
    return ToolResult(text="at last")


async def _refused(ctx: ToolContext, args: ToyArgs) -> ToolResult:
    raise ToolUnsent("the address is not known")


async def _cut_off(ctx: ToolContext, args: ToyArgs) -> ToolResult:
    raise ConnectionError("cut off")


def _tools(witness: Witness, released: asyncio.Event) -> dict[str, Tool[Any]]:
    """Those of the toy; `slow` outlives its deadline, `stuck` waits to be released, the others fail."""
    toys = toy_tools(witness)

    async def stuck(ctx: ToolContext, args: ToyArgs) -> ToolResult:
        await released.wait()
        return ToolResult(text="released")

    more = {
        "slow": replace(toys["pure"], run=_slow, seconds=0.05),
        "stuck": replace(toys["pure"], run=stuck, seconds=100.0),
        "refused": replace(toys["keyed"], run=_refused),
        "cut_off": replace(toys["once"], run=_cut_off),
    }
    return {**toys, **{name: replace(tool, name=name) for name, tool in more.items()}}


@dataclass(frozen=True)
class Lived:
    """The database after the jobs, whose ids and agents bear this test's prefix in Temporal, which tests share."""

    longhaul: Longhaul
    pool: Pool
    prefix: str

    def named(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    async def rows(self, query: str) -> Rows:
        """The rows, and the page's names in them."""
        for name in ("default", "survey-of-docs"):
            query = query.replace(f"'{name}'", f"'{self.named(name)}'")
        async with self.pool.connection() as connection:
            cursor = await connection.execute(query.encode())
            assert cursor.description is not None
            names = [column.name for column in cursor.description]
            return [dict(zip(names, map(self._plain, row), strict=True)) for row in await cursor.fetchall()]

    def _plain(self, value: object) -> object:
        return value.replace(f"{self.prefix}-", "") if isinstance(value, str) else value

    async def state(self, job: str) -> JobState:
        return await self.longhaul.state(self.named(job))

    async def start(self, job: str, *items: str, agent: str | None = None) -> None:
        await self.longhaul.start(toy(self.named(job), *items, agent=self.named(agent or f"agent-{job}")))

    async def asked(self, question: str) -> Rows:
        """The answer of the page to that question."""
        [query] = [query for heading, query in QUERIES if heading.startswith(question)]
        return await self.rows(query)


@pytest.fixture
async def lived(settings: Settings, pool: Pool, tmp_path: Path, unique: str) -> AsyncIterator[Lived]:
    """Jobs that went every way a page of questions asks about."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n")
    (folder / "b.txt").write_text("b\n")
    released = asyncio.Event()
    with Sink() as sink:
        configured = settings.model_copy(update={"mail_url": SecretStr(sink.url)})
        known = {**tools(sink.url, configured.mail_from), **_tools(Witness(tmp_path / "witness"), released)}
        agents = Agents({"toy": Toy(), "survey": Survey(), "mailing": Mailing()}, known)
        async with running(configured, agents), Longhaul.connect(configured) as longhaul:
            lived = Lived(longhaul, pool, unique)
            try:
                await _survey(lived, folder)
                await _mailing(lived, tmp_path)
                await _others(lived)
                assert [mail["To"] for mail in sink.mails] == ["you@example.org", "p1@example.org", "p2@example.org"]
                yield lived
            finally:
                released.set()


async def _survey(lived: Lived, folder: Path) -> None:
    """A survey, changed on the way, whose mail is approved; by now that was yesterday."""
    longhaul, job = lived.longhaul, lived.named("survey-of-docs")
    inputs = {"folder": str(folder), "email": "you@example.org"}
    await longhaul.start(request("survey", lived.named("default"), inputs, "Survey of docs", "bob", job=job))
    await waits(longhaul, job)
    await longhaul.say(job, "tell", {"by": "ann", "text": "ignore *.txt"}, patience=20)
    await until(lambda: _asks_anew(longhaul, job))
    asked = (await longhaul.state(job)).requests[0]
    await longhaul.say(job, "approve", {"by": "carl", "request": asked.id, "why": "looks right"})
    await ended(longhaul, job)
    async with lived.pool.connection() as connection:
        yesterday = "update agent_tasks set completed_at = current_date - interval '1 hour' where job_id = %s"
        await connection.execute(yesterday, (job,))


async def _mailing(lived: Lived, folder: Path) -> None:
    """Two mails, of which one consent covers both."""
    job, longhaul = lived.named("mailing"), lived.longhaul
    (folder / "list.csv").write_text("email\np1@example.org\np2@example.org\n")
    (folder / "template.txt").write_text("Subject: News\n\nAll is well.\n")
    inputs = {"recipients": str(folder / "list.csv"), "template": str(folder / "template.txt")}
    await longhaul.start(request("mailing", job, inputs, "Tell everybody", "bob", job=job))
    [asked] = (await waits(longhaul, job)).requests
    await longhaul.say(job, "approve", {"by": "dora", "request": asked.id, "why": "go"}, patience=20)
    await ended(longhaul, job)


async def _asks_anew(longhaul: Longhaul, job: str) -> bool:
    state = await longhaul.state(job)
    return state.planned_revision == 2 and state.status == "waiting"


async def _others(lived: Lived) -> None:
    for job in ("slow-1", "slow-2"):
        await lived.start(job, "pure", "slow")
    await lived.start("refused-1", "refused")
    await lived.start("in-doubt", "cut_off")
    await lived.start("today", "pure", "keyed", agent="default")
    for job in ("slow-1", "slow-2", "refused-1", "today"):
        await ended(lived.longhaul, lived.named(job))
    await lived.start("waiting", "guarded", agent="default")
    for job in ("in-doubt", "waiting"):
        await waits(lived.longhaul, lived.named(job))
    await lived.start("at-work", "stuck", agent="default")
    await until(lambda: _called(lived.longhaul, lived.named("at-work")))


async def _called(longhaul: Longhaul, job: str) -> bool:
    return bool(of_type(await events(longhaul, job), "ToolCalled"))


def test_the_page_asks_enough_and_each_query_is_one_line() -> None:
    assert len(QUERIES) == PAGE.count("```sql") >= 16
    assert all("\n" not in query and query.endswith(";") for _, query in QUERIES)


async def test_the_answers_are_true(lived: Lived) -> None:
    """One database, every question: the jobs are the dear part."""
    await _the_four_are_true(lived)
    await _the_others_are_true(lived)
    for question, query in QUERIES:
        assert isinstance(await lived.rows(query), list), question
    await _what_waits_is_what_the_jobs_wait_for(lived)


async def _the_four_are_true(lived: Lived) -> None:
    [done] = await lived.asked("What did this agent complete yesterday")
    assert done["goal"] == "Survey of docs"
    assert done["result"] == (await lived.longhaul.row(lived.named("survey-of-docs")))["result"]

    [count] = await lived.asked("How many jobs fail by API timeout")
    assert count == {"count": 2}

    doing = {row["job_id"]: row for row in await lived.asked("What is it doing")}
    assert doing.keys() == {"waiting", "at-work"}
    assert (doing["at-work"]["status"], doing["at-work"]["item"]) == ("in_progress", "do stuck")
    assert doing["at-work"]["now"] == "calls pure stuck (revision 1)"
    request_ = (await lived.state("waiting")).requests[0]
    assert doing["waiting"]["now"] == f"waits for approval {request_.id}: guarded guarded (revision 1)"

    [why] = await lived.asked("Why did this mail go out")
    assert (why["requested_by"], why["requirement"], why["required_by"]) == ("bob", "ignore *.txt", "ann")
    assert (why["approved_by"], why["approved_because"]) == ("carl", "looks right")
    assert why["says"]
    for_batch = await lived.rows("select approved_by, approved_because, requirement from reasons where args ? 'row'")
    assert for_batch == 2 * [{"approved_by": "dora", "approved_because": "go", "requirement": "Tell everybody"}]


async def _the_others_are_true(lived: Lived) -> None:
    waiting = await lived.asked("What waits for whom")
    assert [(row["job_id"], row["kind"]) for row in waiting] == [
        ("in-doubt", "unknown_outcome"),
        ("waiting", "approval"),
    ]
    [unknown] = await lived.asked("Which outcomes are unknown")
    call = (await lived.state("in-doubt")).unknown[0].open.version
    assert unknown["idempotency_key"] == f"in-doubt/{call}"
    batch, mail = await lived.asked("Who approved or rejected what")
    assert (batch["decided_by"], batch["verdict"], batch["said"]) == ("dora", "granted", "go")
    assert (mail["decided_by"], mail["verdict"], mail["said"]) == ("carl", "granted", "looks right")
    assert [row["job_id"] for row in await lived.asked("Which calls are open")] == ["at-work"]
    revisions = [row["revision"] for row in await lived.asked("Which revision of the requirements")]
    assert revisions == sorted(revisions)
    assert set(revisions) == {1, 2}
    died = {(row["fault"], row["fault_in"]): row["count"] for row in await lived.asked("What do jobs die of")}
    assert died == {("timeout", "slow"): 2, ("refused", "refused"): 1}
    failing = {(row["tool"], row["fault"]): row["count"] for row in await lived.asked("Which tools fail")}
    assert failing == {("slow", "timeout"): 10, ("refused", "refused"): 5}


async def _what_waits_is_what_the_jobs_wait_for(lived: Lived) -> None:
    """The view `requests` and the fold of the journal agree."""
    rows = await lived.rows("select job_id, request from requests where verdict is null")
    jobs = [row["job_id"] for row in await lived.rows("select job_id from agent_tasks")]
    asked = {(job, request_.id) for job in jobs for request_ in (await lived.state(job)).requests}
    assert {(row["job_id"], row["request"]) for row in rows} == asked
