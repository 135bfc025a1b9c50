"""The statements of `longhaul report`, each over the journal as a whole; docs/reliability.md defines the figures.

`%(since)s` and `%(until)s` bound the time at which the event was committed that a figure counts: an answer, a call, the
first mark of an interruption. What a period and its days have in common (`stores.trend`) stands by itself.
"""

from typing import LiteralString

IN_PERIOD: LiteralString = """
(%(since)s::timestamptz is null or at >= %(since)s) and (%(until)s::timestamptz is null or at < %(until)s)
"""

STATUSES: LiteralString = f"""
select status, count(*)
  from (select distinct stream from agent_events where starts_with(stream, 'job/') and {IN_PERIOD}) as job
  left join agent_tasks on stream = 'job/' || job_id
 group by status
 order by array_position(array['pending', 'ready', 'in_progress', 'waiting', 'completed', 'failed'], status), status
"""  # noqa: S608 - constants

WORKS_ON: LiteralString = """
('TurnTaken', 'ModelAnswered', 'AnswerInvalid', 'ToolCalled', 'ToolReturned', 'ToolFailed', 'OutcomeUnknown',
 'JobCompleted', 'JobFailed', 'JobCancelled')
"""
"""The events by which a job works on."""

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

EPISODES: LiteralString = f"""
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
               and event_type in {WORKS_ON}
             order by version
             limit 1) as moved on true
     group by mark.stream, moved.version, moved.event_type
), timed as (
    select *, extract(epoch from moved_at - at)::float8 as seconds from episode where {IN_PERIOD}
)
"""  # noqa: S608 - constants

RECOVERED: LiteralString = """
count(*) filter (where outcome = 'moved') as hit,
count(*) as of,
count(distinct stream) filter (where outcome <> 'moved') as jobs_amiss,
count(distinct stream) as jobs
"""

RECOVERY: LiteralString = f"""
{EPISODES}, bar as (
    select width_bucket(seconds, %(edges)s::float8[]) as place, count(*) from timed where outcome = 'moved' group by 1
)
select {RECOVERED},
       count(*) filter (where outcome = 'waiting') as waiting,
       count(*) filter (where outcome = 'failed') as failed,
       percentile_cont(0.5) within group (order by seconds) filter (where outcome = 'moved') as p50_seconds,
       percentile_cont(0.95) within group (order by seconds) filter (where outcome = 'moved') as p95_seconds,
       max(seconds) filter (where outcome = 'moved') as max_seconds,
       array(select coalesce(bar.count, 0)
               from generate_series(0, cardinality(%(edges)s::float8[])) as every (place)
               left join bar using (place)
              order by place) as bars
  from timed
"""  # noqa: S608 - constants

CALLS: LiteralString = f"""
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
    select stream, at, effect, unknown is not null as is_unknown,
           returned > 1
           or late and exists (
                select from again
                  join call as second
                    on second.stream = again.stream and second.version > again.version and second.returned > 0
                 where again.stream = call.stream and again.request = call.unknown
                   and second.args_hash = call.args_hash) as is_double
      from call
     where effect <> 'pure' and {IN_PERIOD}
)
"""  # noqa: S608 - constants

UNSURE: LiteralString = """
count(stream) filter (where is_double) as doubles,
count(stream) filter (where is_unknown) as unknown,
count(stream) as of,
count(distinct stream) filter (where is_double) as jobs_doubles,
count(distinct stream) filter (where is_unknown) as jobs_unknown,
count(distinct stream) as jobs
"""

EFFECTS: LiteralString = f"""
{CALLS}
select effect, {UNSURE}
  from unnest(array['transactional', 'keyed', 'lookup', 'once']) with ordinality as kind (effect, place)
  left join judged using (effect)
 group by effect, place
 order by place
"""  # noqa: S608 - constants

DECISIONS: LiteralString = f"""
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
    select stream, at,
           coalesce(older_requirement, false) as older_requirement,
           coalesce(older_memory, false) as older_memory
      from known
     where event_type = 'ModelAnswered' and {IN_PERIOD}
)
"""  # noqa: S608 - constants

LOST: LiteralString = """
count(*) filter (where older_requirement or older_memory) as hit,
count(*) as of,
count(distinct stream) filter (where older_requirement or older_memory) as jobs_amiss,
count(distinct stream) as jobs
"""

CONTEXT_LOSS: LiteralString = f"""
{DECISIONS}
select {LOST},
       count(*) filter (where older_requirement) as older_requirement,
       count(*) filter (where older_memory) as older_memory
  from decision
"""  # noqa: S608 - constants
