-- What operators ask, over the journal and the tables (docs/sql.md). Views only: they hold nothing of their own.
-- A view finds a job by its row in agent_tasks, then the job's events by the journal's primary key.

create view job_events as
select task.job_id, task.agent_id, task.task_type, event.version, event.at, event.event_type, event.event_data
  from agent_tasks as task
  join agent_events as event on event.stream = 'job/' || task.job_id;

-- A call of a tool, with its outcome: returned, failed or unknown; null while it is open. `call` is its version, `decided_in`
-- and `approved_in` those of the answer and the consent that it follows from. One pass over a job's events, however many.
-- After an accepted loss (LossAccepted) the key that was sent has the fork behind it: '-' and 12 digits of the lost hash.
create view calls as
select job_id, agent_id, task_type, call,
       (called ->> 'step')::integer as step,
       (called ->> 'revision')::integer as revision,
       called -> 'call' ->> 'tool' as tool,
       called -> 'call' ->> 'effect' as effect,
       called -> 'call' ->> 'item' as item,
       called -> 'call' ->> 'summary' as summary,
       called -> 'call' -> 'args' as args,
       job_id || '/' || call as idempotency_key,
       called_at,
       case ended ->> 'type' when 'ToolReturned' then 'returned' when 'ToolFailed' then 'failed'
                             when 'OutcomeUnknown' then 'unknown' end as outcome,
       ended ->> 'kind' as fault,
       coalesce(ended -> 'result' ->> 'text', ended ->> 'why') as text,
       ended ->> 'how' as how,
       (ended ->> 'at')::float8 - (called ->> 'at')::float8 as seconds,
       renewals, decided_in, approved_in
  from (select job_id, agent_id, task_type, call,
               (array_agg(event_data) filter (where event_type = 'ToolCalled'))[1] as called,
               (array_agg(event_data) filter (where event_type not in ('ToolCalled', 'CallRenewed')))[1] as ended,
               min(at) as called_at,
               count(*) filter (where event_type = 'CallRenewed') as renewals,
               max(decided_in) filter (where event_type = 'ToolCalled') as decided_in,
               max(approved_in) filter (where event_type = 'ToolCalled') as approved_in
          from (select *,
                       case event_type when 'ToolCalled' then version else (event_data ->> 'call')::integer end as call,
                       max(version) filter (where event_type = 'ModelAnswered') over answer as decided_in,
                       max(version) filter (where event_type = 'ApprovalGranted') over consent as approved_in
                  from (select *, coalesce(event_data -> 'call' ->> 'args_hash',
                                           event_data -> 'intent' ->> 'args_hash') as decided,
                               coalesce(event_data -> 'call' ->> 'batch', event_data -> 'call' ->> 'args_hash',
                                        event_data ->> 'args_hash') as consented
                          from job_events
                         where event_type in ('ModelAnswered', 'ApprovalGranted', 'ToolCalled', 'CallRenewed',
                                              'ToolReturned', 'ToolFailed', 'OutcomeUnknown')) as hashed
                window answer as (partition by job_id, agent_id, task_type, decided order by version),
                       consent as (partition by job_id, agent_id, task_type, consented order by version)) as numbered
         where event_type not in ('ModelAnswered', 'ApprovalGranted')
         group by job_id, agent_id, task_type, call) as each;

-- What waits or waited for a person. `verdict` is null while it is open; `waited` is the time until then, or until now.
create view requests as
select asked.job_id, asked.agent_id, task.requested_by, asked.version as request,
       case asked.event_type when 'ApprovalRequested' then 'approval' when 'QuestionAsked' then 'question'
                             when 'OutcomeUnknown' then 'unknown_outcome' else 'pause' end as kind,
       coalesce(asked.event_data ->> 'about', asked.event_data ->> 'why') as about,
       (asked.event_data ->> 'call')::integer as call,
       asked.event_data ->> 'args_hash' as args_hash,
       asked.at as asked_at,
       to_timestamp((asked.event_data -> 'deadline' ->> 'until')::float8) as until,
       asked.event_data -> 'deadline' ->> 'default' as else_then,
       case closed.event_type when 'ApprovalGranted' then 'granted' when 'ApprovalDenied' then 'denied'
                              when 'QuestionAnswered' then 'answered' when 'OutcomeSettled' then closed.event_data ->> 'verdict'
                              when 'RequestVoided' then 'void' when 'RequestExpired' then 'expired'
                              when 'LateOutcome' then 'known late' when 'JobResumed' then 'resumed'
                              else case when closed.version is not null then 'job ended' end end as verdict,
       case when closed.event_data ? 'message_id' then closed.event_data ->> 'by' end as decided_by,
       case when closed.event_data ? 'message_id'
            then coalesce(closed.event_data ->> 'text', closed.event_data ->> 'why') end as said,
       closed.at as decided_at,
       coalesce(closed.at, now()) - asked.at as waited
  from job_events as asked
  join agent_tasks as task using (job_id)
  left join lateral (
        select version, at, event_type, event_data from agent_events
         where stream = 'job/' || asked.job_id and version > asked.version
           and (event_type in ('JobCompleted', 'JobFailed', 'JobCancelled')
                or event_type in ('ApprovalGranted', 'ApprovalDenied', 'QuestionAnswered', 'OutcomeSettled',
                                  'RequestVoided', 'RequestExpired')
                   and event_data ->> 'request' = asked.version::text
                or event_type = 'LateOutcome' and event_data ->> 'call' = asked.event_data ->> 'call'
                or event_type = 'JobResumed' and asked.event_type = 'JobPaused')
         order by version limit 1) as closed on true
 where asked.event_type in ('ApprovalRequested', 'QuestionAsked', 'OutcomeUnknown', 'JobPaused');

-- An answer of a model, fitting or not, with what it cost (US dollars, tokens as the provider counted them).
create view decisions as
select job_id, agent_id, task_type, version, at,
       event_type = 'ModelAnswered' as valid,
       event_data ->> 'model' as model,
       (event_data ->> 'revision')::integer as revision,
       coalesce(event_data ->> 'says', event_data ->> 'why') as says,
       event_data -> 'intent' ->> 'args_hash' as args_hash,
       (event_data -> 'usage' ->> 'cost')::float8 as cost,
       (event_data -> 'usage' ->> 'tokens_in')::bigint as tokens_in,
       (event_data -> 'usage' ->> 'tokens_out')::bigint as tokens_out
  from job_events
 where event_type in ('ModelAnswered', 'AnswerInvalid');

-- Why a call was made: who asked for the job, which requirement held, what the model said, who consented.
create view reasons as
select calls.job_id, calls.agent_id, calls.call, calls.called_at, calls.tool, calls.args, calls.summary, calls.outcome,
       task.goal, task.requested_by, calls.revision,
       coalesce(required.event_data ->> 'text', task.goal) as requirement,
       coalesce(required.event_data ->> 'by', task.requested_by) as required_by,
       decided.event_data ->> 'says' as says,
       approved.event_data ->> 'by' as approved_by,
       approved.at as approved_at,
       approved.event_data ->> 'why' as approved_because
  from calls
  join agent_tasks as task using (job_id)
  left join job_events as required on required.job_id = calls.job_id
        and required.event_type = 'RequirementChanged' and required.event_data ->> 'revision' = calls.revision::text
  left join agent_events as decided on decided.stream = 'job/' || calls.job_id and decided.version = calls.decided_in
  left join agent_events as approved on approved.stream = 'job/' || calls.job_id and approved.version = calls.approved_in;

-- What each open job does at this moment, and since when.
create view doing as
select task.agent_id, task.job_id, task.status, task.goal, item.text as item,
       case when task.status = 'waiting' then 'waits for ' || waiting.what
            when open_call.summary is not null then 'calls ' || open_call.summary
            when task.status = 'pending' then 'is queued'
            when task.status = 'ready' then 'waits for its agent''s turn'
            else 'decides' end as now,
       case when task.status = 'waiting' then waiting.since else coalesce(open_call.at, task.updated_at) end as since
  from agent_tasks as task
  left join todo_items as item on item.job_id = task.job_id and item.status = 'in_progress'
  left join lateral (
        select summary, at
          from (select version, at, event_data -> 'call' ->> 'summary' as summary from agent_events
                 where stream = 'job/' || task.job_id and event_type = 'ToolCalled'
                 order by version desc limit 1) as last
         where not exists (
               select from agent_events
                where stream = 'job/' || task.job_id and version > last.version
                  and event_type in ('ToolReturned', 'ToolFailed', 'OutcomeUnknown'))) as open_call on true
  left join lateral (
        select string_agg(kind || ' ' || request || ': ' || about, '; ' order by request) as what,
               min(asked_at) as since
          from requests where requests.job_id = task.job_id and verdict is null) as waiting on task.status = 'waiting'
 where task.completed_at is null;

-- Jobs that failed. `fault` is the kind of the failure that they died of (timeout, rate_limited, refused, invalid, crashed),
-- `fault_in` the tool that failed, or the move (Decide: the model). Null when nothing was failing: a limit, or it gave up.
create view failed_jobs as
select task.job_id, task.agent_id, task.task_type, task.goal, task.completed_at as failed_at, task.error,
       case fault.event_type when 'AnswerInvalid' then 'invalid' else fault.event_data ->> 'kind' end as fault,
       case fault.event_type when 'AnswerInvalid' then 'Decide' when 'StepFailed' then fault.event_data ->> 'move'
                             else called.event_data -> 'call' ->> 'tool' end as fault_in,
       fault.event_data ->> 'why' as fault_text
  from agent_tasks as task
  left join lateral (
        select event_type, event_data from agent_events
         where stream = 'job/' || task.job_id
           and (event_type in ('ToolReturned', 'OutcomeUnknown')
                or event_type in ('ToolFailed', 'StepFailed') and event_data ->> 'kind' <> 'cancelled'
                or event_type = 'AnswerInvalid' and version = task.version - 1)
         order by version desc limit 1) as fault on fault.event_type not in ('ToolReturned', 'OutcomeUnknown')
  left join agent_events as called on called.stream = 'job/' || task.job_id
        and called.version = (fault.event_data ->> 'call')::integer
 where task.status = 'failed';
