"""The table `agent_tasks`: the agent's queue, and what people look up."""

from datetime import datetime
from typing import Any, LiteralString

from psycopg.rows import dict_row

from domain.todo_file import JobTodo
from stores.postgres import Pool, reading

Row = dict[str, Any]

NEXT = """
select job_id, status, left(goal, 200) from agent_tasks
 where agent_id = %s and status in ('ready', 'pending')
   and not exists (select from agent_tasks where agent_id = %s and status = 'in_progress')
 order by status = 'pending', priority desc, created_at, job_id
 limit 100
"""

COLUMNS: LiteralString = """
job_id, agent_id, task_type, status, goal, requested_by, priority, revision, steps_done, waiting_for, context,
result, error, version, created_at, started_at, updated_at, completed_at
"""

LIST: LiteralString = f"""
select {COLUMNS} from agent_tasks
 where (%(agent)s::text is null or agent_id = %(agent)s)
   and (%(status)s::text is null or status = %(status)s)
   and (not %(waiting)s or jsonb_array_length(waiting_for) > 0 or context -> 'pause' <> 'null')
   and (not %(waiting)s or status not in ('completed', 'failed', 'cancelled'))
 order by created_at desc
 limit %(limit)s
"""  # noqa: S608 - the columns are a constant

TODO_OF: LiteralString = """
with shown as (
    (select job_id, goal, version, false as ended, created_at from agent_tasks
      where agent_id = %(agent)s and completed_at is null)
    union all
    (select job_id, goal, version, true, created_at from agent_tasks
      where agent_id = %(agent)s and completed_at is not null
      order by completed_at desc, job_id limit %(ended)s)
)
select job_id as job, goal, version, ended,
       coalesce((select jsonb_agg(jsonb_build_object('item', item_id, 'text', text, 'status', status,
                        'completed_at', completed_at, 'result', result, 'parts', parts, 'parts_done', parts_done,
                        'vague', vague, 'added_at', added_at, 'archived', archived)
                        order by position)
                   from todo_items where todo_items.job_id = shown.job_id), '[]') as items
  from shown
 order by created_at, job_id
"""

UNTIDY = """
select job_id, agent_id from agent_tasks
 where completed_at is null
   and job_id in (select job_id from todo_items where status = 'pending' and added_at < %(waiting)s)
    or job_id in (select job_id from todo_items where status = 'completed' and not archived and completed_at < %(done)s)
 order by agent_id, job_id
 limit 1000
"""

PUT_AWAY: LiteralString = """
select item.job_id as job, item.item_id as item, item.text, item.completed_at
  from todo_items as item
 where item.agent_id = %(agent)s and item.archived
 order by item.completed_at desc, item.job_id, item.position
 limit %(limit)s
"""

CHANGED = """
select distinct agent_id from agent_tasks
 where updated_at > coalesce(%(since)s::timestamptz - interval '1 minute', now() - interval '1 day')
 order by agent_id
"""
"""A minute for transactions that were under way when it was looked at."""


class Tasks:
    """Queries over `agent_tasks` and `todo_items`."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def queue(self, agent: str) -> list[tuple[str, str, str]]:
        """Who gets the turn next (id, status, the goal's beginning): ready ones first, then by priority and age.

        Nobody while one works.
        """
        async with reading(self.pool) as connection:
            rows = await (await connection.execute(NEXT, (agent, agent))).fetchall()
        return [(row[0], row[1], row[2]) for row in rows]

    async def open_jobs(self, agent: str | None = None) -> list[tuple[str, str, str]]:
        """The jobs that have not ended, of one agent or of all, oldest first: agent, id and status."""
        query = (
            "select agent_id, job_id, status from agent_tasks"
            " where completed_at is null and (%(agent)s::text is null or agent_id = %(agent)s)"
            " order by agent_id, created_at, job_id"
        )
        async with reading(self.pool) as connection:
            rows = await (await connection.execute(query, {"agent": agent})).fetchall()
        return [(row[0], row[1], row[2]) for row in rows]

    async def jobs(
        self, agent: str | None = None, status: str | None = None, waiting: bool = False, limit: int = 50
    ) -> list[Row]:
        """Jobs, newest first."""
        values = {"agent": agent, "status": status, "waiting": waiting, "limit": limit}
        return await self._rows(LIST, values)

    async def job(self, job: str) -> Row | None:
        """One job's row."""
        query: LiteralString = f"select {COLUMNS} from agent_tasks where job_id = %(job)s"  # noqa: S608 - a constant
        found = await self._rows(query, {"job": job})
        return found[0] if found else None

    async def todo(self, job: str) -> list[Row]:
        """A job's items in their order."""
        query: LiteralString = "select item_id, text, status from todo_items where job_id = %(job)s order by position"
        return await self._rows(query, {"job": job})

    async def job_ids(self) -> list[str]:
        """Every job id, newest first; for telling the nearest to one that is unknown."""
        rows = await self._rows("select job_id from agent_tasks order by created_at desc limit 1000", {})
        return [row["job_id"] for row in rows]

    async def has(self, agent: str) -> bool:
        """Whether the agent has, or had, a job."""
        return bool(await self._rows("select from agent_tasks where agent_id = %(agent)s limit 1", {"agent": agent}))

    async def todo_of(self, agent: str, ended: int) -> tuple[JobTodo, ...]:
        """The lists of the agent's open jobs, oldest first, and of the `ended` ones that ended last."""
        rows = await self._rows(TODO_OF, {"agent": agent, "ended": ended})
        return tuple(JobTodo.model_validate(row) for row in rows)

    async def untidy(self, waiting: float, done: float) -> list[tuple[str, str]]:
        """The jobs (id, agent) that have open items since before `waiting`, or completed ones since before `done`.

        Both are Unix seconds.
        """
        async with reading(self.pool) as connection:
            values = {"waiting": waiting, "done": done}
            rows = await (await connection.execute(UNTIDY, values, prepare=False)).fetchall()
        return [(row[0], row[1]) for row in rows]

    async def changed_since(self, since: datetime | None) -> tuple[datetime, list[str]]:
        """The agents whose jobs changed since then, or within a day; and when that was looked at."""
        async with reading(self.pool) as connection:
            now = await (await connection.execute("select now()")).fetchone()
            rows = await (await connection.execute(CHANGED, {"since": since}, prepare=False)).fetchall()
        assert now is not None
        return now[0], [row[0] for row in rows]

    async def put_away(self, agent: str, limit: int) -> list[Row]:
        """The agent's archived items, those that were completed last first."""
        return await self._rows(PUT_AWAY, {"agent": agent, "limit": limit})

    async def documents(self, agent: str) -> list[tuple[str, str]]:
        """The newest version of each file that tools wrote for the agent: its path and SHA-256."""
        query = (
            "select distinct on (path) path, sha256 from documents where agent_id = %s"
            " order by path, at desc, stream desc, version desc"
        )
        async with reading(self.pool) as connection:
            return [(row[0], row[1]) for row in await (await connection.execute(query, (agent,))).fetchall()]

    async def _rows(self, query: LiteralString, values: dict[str, Any]) -> list[Row]:
        async with reading(self.pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
            return await (await cursor.execute(query, values)).fetchall()
