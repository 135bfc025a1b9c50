-- What other agents may read of an agent's memory, or add to it. It follows from the owners' streams.
create table memory_grants (
    owner_id   text             not null,
    reader_id  text             not null,
    section    text             not null,
    access     text             not null,
    granted_by text             not null,
    until      double precision,
    granted_in integer          not null,
    constraint memory_grants_pkey primary key (owner_id, reader_id, section)
);
create index memory_grants_of_a_reader on memory_grants (reader_id);

-- The agent for whom a transaction is made: `set_config('longhaul.agent', ID, true)`. Without one nothing of anybody's
-- memory is to be seen. '*' is for what serves all agents alike (the relay, a rebuild, migrations); no agent has that id.
-- What others granted is looked up by functions, which cost no planning, and only for rows that are not the agent's own.
create function may_read(owner text, wanted text) returns boolean
    language sql stable parallel safe security definer set search_path from current
begin atomic
    select exists (
        select from memory_grants
         where owner_id = owner and reader_id = current_setting('longhaul.agent', true) and section = wanted
           and (until is null or until > extract(epoch from now())));
end;

create function may_read_posting(owner text, at_occasion integer, at_place integer) returns boolean
    language sql stable parallel safe security definer set search_path from current
begin atomic
    select exists (
        select from memory_entries
         where agent_id = owner and occasion = at_occasion and place = at_place
           and (removed_in is null or archived) and may_read(owner, section));
end;

alter table agent_events    enable row level security, force row level security;
alter table memory_entries  enable row level security, force row level security;
alter table memory_postings enable row level security, force row level security;
alter table memory_lexemes  enable row level security, force row level security;
alter table memory_grants   enable row level security, force row level security;

-- The journal of jobs is open to the app; an agent's own stream is not.
create policy of_the_agent on agent_events using (
    not starts_with(stream, 'agent/')
    or agent_id = current_setting('longhaul.agent', true)
    or current_setting('longhaul.agent', true) = '*');

create policy seen on memory_entries for select using (
    agent_id = current_setting('longhaul.agent', true)
    or current_setting('longhaul.agent', true) = '*'
    or (removed_in is null or archived) and may_read(agent_id, section));
create policy seen on memory_postings for select using (
    agent_id = current_setting('longhaul.agent', true)
    or current_setting('longhaul.agent', true) = '*'
    or may_read_posting(agent_id, occasion, place));
create policy seen on memory_lexemes for select using (
    agent_id = current_setting('longhaul.agent', true)
    or current_setting('longhaul.agent', true) = '*');
create policy seen on memory_grants for select using (
    current_setting('longhaul.agent', true) in (owner_id, reader_id, '*'));

-- Only the agent's own is ever written.
do $$
declare
    own record;
begin
    for own in
        select * from (values ('memory_entries', 'agent_id'), ('memory_postings', 'agent_id'),
                              ('memory_lexemes', 'agent_id'), ('memory_grants', 'owner_id')) as each (name, agent)
    loop
        execute format($policy$
            create policy added on %1$I for insert
                with check (current_setting('longhaul.agent', true) in (%2$I, '*'));
            create policy changed on %1$I for update
                using (current_setting('longhaul.agent', true) in (%2$I, '*'));
            create policy removed on %1$I for delete
                using (current_setting('longhaul.agent', true) in (%2$I, '*'));
            create policy audited on %1$I for select to longhaul_auditor using (true);
        $policy$, own.name, own.agent);
    end loop;
end
$$;
create policy audited on agent_events for select to longhaul_auditor using (true);
