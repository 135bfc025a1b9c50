"""One agent surveys the same folder every day for a month, which is skipped: what people read stays short.

What grows is the journal, and with it what shows it (rows of jobs, items, memories, document versions, artifacts): by
the same amount every day, however long the agent has worked.
"""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from agents.jobs import JOB_TYPES
from agents.tools.all import tools
from domain.events import JobRequested, Limits
from starter import client
from starter.client import Longhaul, request
from stores.postgres import EVERY_AGENT, transaction
from tests.conftest import until
from tests.support.jobs import ended, toy, verified, waits
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from tests.workflows.conftest import SkippedTime
from worker import Agents
from workflows.starts import AgentStart

DAYS = 30
WARM = 8
"""Days after which TODO.md shows as many ended jobs as it ever does."""
READ = ("TODO.md", "memory.md", "report.md")
GROWING = ("agent_events", "agent_tasks", "todo_items", "memory_entries", "documents", "artifacts")
JOB_HISTORY, AGENT_HISTORY_A_JOB = 150, 45
"""Events of Temporal's history: of one job, and of the agent's workflow for each job."""


@pytest.fixture
def agents(witness: Witness) -> Agents:
    models = {"toy": Toy(), **{name: each.model for name, each in JOB_TYPES.items() if each.model}}
    return Agents(models, {**toy_tools(witness), **tools(None, "longhaul@example.org")})


@pytest.mark.timeout(240)
async def test_files_and_histories_stay_short_and_tables_grow_by_the_day(
    skipped: SkippedTime, unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that is paused all the while keeps the agent's workflow open.

    It stays one run: the time-skipping server skips no time any more when the parent of an open child has continued as
    new (https://github.com/temporalio/sdk-java/pull/1539).
    """
    monkeypatch.setattr(client, "AgentStart", partial(AgentStart, run_events=10_000))
    longhaul, agent = skipped.longhaul, f"agent-{unique}"
    await longhaul.start(toy(unique, "guarded", agent=agent).model_copy(update={"limits": Limits(days=365)}))
    await waits(longhaul, unique)
    await longhaul.say(unique, "pause", {"by": "ann", "why": "for a month"}, patience=20)
    files, tables = dict[int, dict[str, int]](), dict[int, dict[str, int]]()
    for day in range(1, DAYS + 1):
        job = f"{unique}-{day}"
        await longhaul.start(_survey(job, agent, _changed(tmp_path / "project", day)))
        assert (await ended(longhaul, job)).status == "completed"
        await until(lambda: _outbox_is_empty(longhaul))
        files[day] = _sizes(longhaul.settings.home / "agents" / agent)
        tables[day] = await _rows(longhaul)
        await skipped.environment.sleep(timedelta(days=1))

    assert set(READ) <= files[DAYS].keys() == files[WARM].keys(), "no file is added"
    for name in READ:
        assert files[DAYS][name] <= files[WARM][name] * 1.1 + 100, (name, files[WARM][name], files[DAYS][name])
    for table in GROWING:
        early = (tables[DAYS // 2][table] - tables[WARM][table]) / (DAYS // 2 - WARM)
        late = (tables[DAYS][table] - tables[DAYS // 2][table]) / (DAYS - DAYS // 2)
        assert late <= early * 1.1 + 0.5, f"{table} grows faster: {early} rows a day, then {late}"
    assert await _live_memories(longhaul) <= 5
    assert await _history(longhaul, f"job/{unique}-{DAYS}") <= JOB_HISTORY
    assert await _history(longhaul, f"agent/{agent}") <= AGENT_HISTORY_A_JOB * (DAYS + 1)
    await verified(longhaul, *(f"{unique}-{day}" for day in (1, DAYS)))


def _changed(folder: Path, day: int) -> Path:
    """The folder as it is on that day: one file has changed."""
    folder.mkdir(exist_ok=True)
    (folder / "README.md").write_text("# A project\n", encoding="utf-8")
    (folder / "diary.txt").write_text(f"TODO: day {day:02}\n", encoding="utf-8")
    return folder


def _survey(job: str, agent: str, folder: Path) -> JobRequested:
    return request("survey", agent, {"folder": str(folder)}, "Survey it", "ann", job=job)


def _sizes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


async def _rows(longhaul: Longhaul) -> dict[str, int]:
    found = dict[str, int]()
    async with transaction(longhaul.pool, EVERY_AGENT) as connection:
        for table in GROWING:
            row = await (await connection.execute(f"select count(*) from {table}".encode())).fetchone()
            found[table] = row[0] if row else 0
    return found


async def _outbox_is_empty(longhaul: Longhaul) -> bool:
    async with transaction(longhaul.pool, EVERY_AGENT) as connection:
        return await (await connection.execute("select from outbox limit 1")).fetchone() is None


async def _live_memories(longhaul: Longhaul) -> int:
    async with transaction(longhaul.pool, EVERY_AGENT) as connection:
        query = "select count(*) from memory_entries where removed_in is null"
        row = await (await connection.execute(query)).fetchone()
        return row[0] if row else 0


async def _history(longhaul: Longhaul, workflow_id: str) -> int:
    """The length of the history of its last run."""
    found = await longhaul.temporal.get_workflow_handle(workflow_id).fetch_history()
    return len(found.events)
