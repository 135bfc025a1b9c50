"""The figures of `longhaul report`, each one statement over the journal; docs/reliability.md defines them.

The journal is read as a whole, in one snapshot that can change nothing. `%(since)s` and `%(until)s` bound the time at
which the event was committed that a figure counts: an answer, a call, the first mark of an interruption.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

from domain.report import ContextLoss, Effects, Period, Preloading, Rate, Recovery
from stores.postgres import EVERY_AGENT, Connection, Pool, act_for, transaction

PATIENCE = "10min"
"""How long a statement may take: a journal of years is read as a whole."""

IN_PERIOD: LiteralString = """
(%(since)s::timestamptz is null or at >= %(since)s) and (%(until)s::timestamptz is null or at < %(until)s)
"""

JOBS: LiteralString = (
    f"select count(distinct stream) from agent_events where starts_with(stream, 'job/') and {IN_PERIOD}"  # noqa: S608
)

PRELOADING: LiteralString = f"""
with looked as (
    select event_data #>> '{{knew,preload,outcome}}' as outcome,
           event_data #>> '{{knew,preload,changed}}' as changed,
           (event_data #>> '{{knew,preload,searched_ms}}')::float8 as searched,
           (event_data #>> '{{knew,preload,looked_ms}}')::float8 as looked
      from agent_events
     where starts_with(stream, 'job/') and event_type = 'ModelAnswered' and {IN_PERIOD}
)
select count(*) filter (where outcome = 'hit') as hit,
       count(*) as of,
       count(*) filter (where changed = 'memory') as memory_changed,
       count(*) filter (where changed = 'question') as question_changed,
       count(*) filter (where changed = 'entries') as entries_gone,
       count(*) filter (where outcome = 'none') as nothing_there,
       coalesce(sum(searched) filter (where outcome = 'hit'), 0) as searches_spared_ms,
       coalesce(sum(looked), 0) as looking_ms
  from looked
 where outcome is not null
"""  # noqa: S608 - constants

RECOVERY: LiteralString = f"""
with mark as (
    select stream, version as after, at as since
      from agent_events
     where starts_with(stream, 'job/')
       and (event_type in ('TurnLost', 'LossAccepted')
            or event_type = 'StepFailed' and event_data ->> 'kind' in ('crashed', 'timeout'))
    union all
    select again.stream,
           case again.event_type when 'CallRenewed' then again.version else again.version - 1 end,
           called.at
      from agent_events as again
      join agent_events as called
        on called.stream = again.stream and called.version = (again.event_data ->> 'call')::integer
     where starts_with(again.stream, 'job/')
       and (again.event_type = 'CallRenewed'
            or again.event_type = 'ToolReturned' and again.event_data ->> 'how' = 'asked')
), episode as (
    select mark.stream, moved.version, min(since) as at, min(moved.at) as moved_at,
           case when moved.version is null then 'waiting'
                when moved.event_type = 'JobFailed' then 'failed' else 'moved' end as outcome
      from mark
      left join lateral (
            select version, at, event_type
              from agent_events as later
             where later.stream = mark.stream and later.version > mark.after
               and event_type in ('TurnTaken', 'ModelAnswered', 'AnswerInvalid', 'ToolCalled', 'ToolReturned',
                                  'ToolFailed', 'OutcomeUnknown', 'JobCompleted', 'JobFailed', 'JobCancelled')
             order by version
             limit 1) as moved on true
     group by mark.stream, moved.version, moved.event_type
), timed as (
    select *, extract(epoch from moved_at - at)::float8 as seconds from episode where {IN_PERIOD}
)
select count(*) filter (where outcome = 'moved') as hit,
       count(*) as of,
       count(distinct stream) filter (where outcome <> 'moved') as jobs_amiss,
       count(distinct stream) as jobs,
       count(*) filter (where outcome = 'waiting') as waiting,
       count(*) filter (where outcome = 'failed') as failed,
       percentile_cont(0.5) within group (order by seconds) filter (where outcome = 'moved') as p50_seconds,
       percentile_cont(0.95) within group (order by seconds) filter (where outcome = 'moved') as p95_seconds,
       max(seconds) filter (where outcome = 'moved') as max_seconds
  from timed
"""  # noqa: S608 - constants

EFFECTS: LiteralString = f"""
with ended as (
    select stream, (event_data ->> 'call')::integer as call,
           count(*) filter (where event_type = 'ToolReturned') as returned,
           min(version) filter (where event_type = 'OutcomeUnknown') as unknown,
           coalesce(bool_or(event_type = 'LateOutcome' and (event_data ->> 'happened')::boolean), false) as late
      from agent_events
     where starts_with(stream, 'job/') and event_type in ('ToolReturned', 'OutcomeUnknown', 'LateOutcome')
     group by 1, 2
), call as (
    select called.stream, called.version, called.at, called.event_data #>> '{{call,effect}}' as effect,
           called.event_data #>> '{{call,args_hash}}' as args_hash, returned, unknown, late
      from agent_events as called
      join ended on ended.stream = called.stream and ended.call = called.version
     where called.event_type = 'ToolCalled' and (returned > 0 or unknown is not null)
), again as (
    select stream, (event_data ->> 'request')::integer as request, version
      from agent_events
     where starts_with(stream, 'job/') and event_type = 'OutcomeSettled' and event_data ->> 'verdict' = 'again'
), judged as (
    select stream, effect, unknown is not null as is_unknown,
           returned > 1
           or late and exists (
                select from again
                  join call as second
                    on second.stream = again.stream and second.version > again.version and second.returned > 0
                 where again.stream = call.stream and again.request = call.unknown
                   and second.args_hash = call.args_hash) as is_double
      from call
     where {IN_PERIOD}
)
select effect,
       count(stream) filter (where is_double) as doubles,
       count(stream) filter (where is_unknown) as unknown,
       count(stream) as of,
       count(distinct stream) filter (where is_double) as jobs_doubles,
       count(distinct stream) filter (where is_unknown) as jobs_unknown,
       count(distinct stream) as jobs
  from unnest(array['transactional', 'keyed', 'lookup', 'once']) with ordinality as kind (effect, place)
  left join judged using (effect)
 group by effect, place
 order by place
"""  # noqa: S608 - constants

CONTEXT_LOSS: LiteralString = f"""
with known as (
    select stream, at, event_type,
           (event_data ->> 'revision')::integer
             < max((event_data ->> 'revision')::integer) filter (where event_type = 'RequirementChanged') over before
             as older_requirement,
           (event_data #>> '{{knew,memory}}')::integer
             < max((event_data #>> '{{knew,memory}}')::integer) over before
             as older_memory
      from agent_events
     where starts_with(stream, 'job/') and event_type in ('ModelAnswered', 'RequirementChanged')
    window before as (partition by stream order by version rows between unbounded preceding and 1 preceding)
), decision as (
    select stream,
           coalesce(older_requirement, false) as older_requirement,
           coalesce(older_memory, false) as older_memory
      from known
     where event_type = 'ModelAnswered' and {IN_PERIOD}
)
select count(*) filter (where older_requirement or older_memory) as hit,
       count(*) as of,
       count(distinct stream) filter (where older_requirement or older_memory) as jobs_amiss,
       count(distinct stream) as jobs,
       count(*) filter (where older_requirement) as older_requirement,
       count(*) filter (where older_memory) as older_memory
  from decision
"""  # noqa: S608 - constants


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncIterator[Connection]:
    """A transaction that sees one moment of all agents, and is about to be made read-only (`only_reading`)."""
    async with transaction(pool) as connection:
        await connection.execute("set transaction isolation level repeatable read")
        await act_for(connection, EVERY_AGENT)
        await connection.execute(f"set local statement_timeout = '{PATIENCE}'".encode())
        yield connection


async def only_reading(connection: Connection) -> None:
    """The rest of the transaction can change no table that outlives it."""
    await connection.execute("set transaction read only")


async def jobs(connection: Connection, period: Period) -> int:
    """How many jobs anything happened in."""
    return int((await _row(connection, JOBS, period))["count"])


async def preloading(connection: Connection, period: Period) -> Preloading:
    return Preloading.model_validate(await _row(connection, PRELOADING, period))


async def recovery(connection: Connection, period: Period) -> Recovery:
    row = await _row(connection, RECOVERY, period)
    return Recovery.model_validate({"rate": _rate(row), **row})


async def effects(connection: Connection, period: Period) -> tuple[Effects, ...]:
    return tuple([_effect(row) for row in await _rows(connection, EFFECTS, period)])


async def context_loss(connection: Connection, period: Period) -> ContextLoss:
    row = await _row(connection, CONTEXT_LOSS, period)
    return ContextLoss.model_validate({"rate": _rate(row), **row})


def _rate(row: dict[str, Any]) -> Rate:
    """Takes the columns of a rate out of the row."""
    return Rate.model_validate({name: row.pop(name) for name in ("hit", "of", "jobs_amiss", "jobs")})


def _effect(row: dict[str, Any]) -> Effects:
    all_ = {"of": row["of"], "jobs": row["jobs"]}
    doubles = Rate(hit=row["doubles"], jobs_amiss=row["jobs_doubles"], **all_)
    unknown = Rate(hit=row["unknown"], jobs_amiss=row["jobs_unknown"], **all_)
    return Effects(effect=row["effect"], duplicates=doubles, unknown=unknown)


async def _row(connection: Connection, statement: LiteralString, period: Period) -> dict[str, Any]:
    [row] = await _rows(connection, statement, period)
    return row


async def _rows(connection: Connection, statement: LiteralString, period: Period) -> list[dict[str, Any]]:
    values = {"since": period.since, "until": period.until}
    cursor = await connection.execute(statement.encode(), values, prepare=False)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]
