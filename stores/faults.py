"""What went amiss by kind, and what followed on it: as far as the journal knows, in one statement.

A fault is followed by the next event of its job that says how it went on:

    StepFailed, ToolFailed, TurnLost, LossAccepted   the next by which the job works on (`report_sql.WORKS_ON`)
    AnswerInvalid    the same, but for another answer that does not fit
    CallRenewed      the outcome of the call
    OutcomeUnknown   what a person says of the call, or its sender later, or that nobody did in time
    LateOutcome      nothing: it says itself what had happened
"""

from itertools import groupby
from typing import LiteralString

from domain.report import Fault, Followed, Period
from stores.postgres import Connection
from stores.report import rows
from stores.report_sql import IN_PERIOD, WORKS_ON

FAULTS: LiteralString = f"""
with fault as (
    select stream, version, event_type, event_data,
           event_type || coalesce(' ' || (event_data ->> 'kind'), '') as name
      from agent_events
     where starts_with(stream, 'job/')
       and (event_type in ('TurnLost', 'LossAccepted', 'AnswerInvalid', 'CallRenewed', 'OutcomeUnknown', 'LateOutcome')
            or event_type in ('StepFailed', 'ToolFailed') and event_data ->> 'kind' <> 'cancelled')
       and {IN_PERIOD}
), followed as (
    select name,
           case when fault.event_type = 'LateOutcome'
                then case when (fault.event_data ->> 'happened')::boolean then 'happened' else 'unsent' end
                when later.event_type is null then 'waiting'
                when later.event_type = 'JobFailed' then 'failed'
                when later.event_type = 'JobCancelled' then 'cancelled'
                when later.event_type = 'OutcomeSettled' then later.event_data ->> 'verdict'
                when later.event_type = 'LateOutcome' then 'late'
                when later.event_type = 'RequestExpired' then 'expired'
                when later.event_type = 'RequestVoided' then 'void'
                when fault.event_type = 'CallRenewed'
                then case later.event_type when 'ToolReturned' then 'returned' when 'ToolFailed' then 'unsent'
                                           else 'unknown' end
                else 'moved' end as by
      from fault
      left join lateral (
            select event_type, event_data
              from agent_events as next
             where next.stream = fault.stream and next.version > fault.version
               and (event_type in ('JobFailed', 'JobCancelled')
                    or case fault.event_type
                       when 'CallRenewed'
                       then event_type in ('ToolReturned', 'ToolFailed', 'OutcomeUnknown')
                            and event_data ->> 'call' = fault.event_data ->> 'call'
                       when 'OutcomeUnknown'
                       then event_type in ('OutcomeSettled', 'RequestExpired', 'RequestVoided')
                            and event_data ->> 'request' = fault.version::text
                            or event_type = 'LateOutcome' and event_data ->> 'call' = fault.event_data ->> 'call'
                       when 'AnswerInvalid' then event_type <> 'AnswerInvalid' and event_type in {WORKS_ON}
                       when 'LateOutcome' then false
                       else event_type in {WORKS_ON} end)
             order by version
             limit 1) as later on fault.event_type <> 'LateOutcome'
)
select name, by, count(*) from followed group by name, by order by name, count(*) desc, by
"""  # noqa: S608 - constants


async def faults(connection: Connection, period: Period) -> tuple[Fault, ...]:
    """The kinds that there were, by name; what followed most often stands first."""
    found = await rows(connection, FAULTS, period)
    return tuple(
        Fault(fault=name, followed=tuple(Followed(by=row["by"], count=row["count"]) for row in of_kind))
        for name, of_kind in groupby(found, key=lambda row: row["name"])
    )
