"""Where scenarios are played: a Postgres of the run's own, the real activities, and the tool watched from inside."""

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from activities.inputs import Move
from agents.tools.tool import Tool, ToolContext, ToolResult
from chaos.torture.attempt import Attempt
from chaos.torture.given import Torture, blaming
from chaos.torture.hands import Hands, environment
from domain.events import JobEvent
from domain.head import Head
from settings import Settings
from stores import postgres, roles
from stores.jobs import Jobs
from stores.postgres import Pool

ENDED = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = %s"
CONNECTIONS_OF_AN_ATTEMPT = 4


@dataclass(frozen=True)
class Stage:
    """One tool's stage. `owner` reads what the app may not: it counts effects."""

    torture: Torture
    tool: Tool[Any]
    dsn: str
    home: Path
    pool: Pool
    owner: Pool

    async def called(self, mark: str) -> Move:
        """A job named like the mark that has decided to call the tool."""
        with blaming(self.tool, "args"):
            args = dict(self.torture.args(mark))
        return await Hands(self.pool, self.home, self.tool).called(mark, args)

    async def journal(self, job: str) -> list[JobEvent]:
        """Everything that stands of the job."""
        return list((await Jobs(self.pool).find(job, Head())).standing.tail)

    async def applied(self, mark: str) -> int:
        """How often the call with the mark has happened, as its target says."""
        with blaming(self.tool, "applied"):
            if self.torture.applied is not None:
                count = self.torture.applied(mark)
                return int(await count if inspect.isawaitable(count) else count)
            async with self.owner.connection() as connection:
                row = await (await connection.execute(self.torture.applied_sql.encode(), (mark,))).fetchone()
            return int(row[0]) if row else 0

    def attempt(self, name: str, move: Move, *, unheard: bool = False) -> Attempt:
        """One more attempt at the move. With `unheard`, the tool's answer is lost on its way back."""

        async def act(attempt: Attempt) -> None:
            dsn = make_conninfo(self.dsn, application_name=self._name(move, name))
            async with postgres.pool(dsn, CONNECTIONS_OF_AN_ATTEMPT) as pool:
                hands = Hands(pool, self.home, watched(self.tool, attempt, unheard), attempt)
                attempt.environment = environment()
                await attempt.environment.run(hands.tool.act, move)

        return Attempt(name, act)

    async def bury(self, name: str, move: Move) -> None:
        """Ends the connections of an attempt that was killed, as its system does."""
        async with self.pool.connection() as connection:
            await connection.execute(ENDED, (self._name(move, name),))

    @staticmethod
    def _name(move: Move, attempt: str) -> str:
        return f"{move.job} {attempt}"


def watched(tool: Tool[Any], attempt: Attempt, unheard: bool) -> Tool[Any]:
    """The tool with one crash point more: `after_check`, when its last check has let it pass."""

    async def run(ctx: ToolContext, args: Any) -> ToolResult:
        def last_check() -> None:
            ctx.last_check()
            attempt("after_check")

        result = await tool.run(replace(ctx, last_check=last_check), args)
        if unheard:
            raise ConnectionError("the answer was lost")
        return result

    return replace(tool, run=run)


@asynccontextmanager
async def staged(settings: Settings, torture: Torture) -> AsyncIterator[Stage]:
    """The stage, with the tool's own tables. What consent, capability and rate would hold up is taken off the tool."""
    with blaming(torture.tool, "tables"), psycopg.connect(settings.migrations_dsn) as owner:
        owner.execute(torture.tables.encode())
        roles.state_grants(owner)
    tool = replace(torture.tool, seconds=torture.seconds, guarded=False, batch=None, capability="")
    dsn = settings.needed("postgres_dsn")
    async with postgres.pool(dsn) as pool, postgres.pool(settings.migrations_dsn, size=4) as owners:
        yield Stage(torture, tool, dsn, settings.home, pool, owners)
