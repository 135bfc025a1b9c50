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
create function acting_agent() returns text
    language sql stable parallel safe
    return current_setting('longhaul.agent', true);

create function is_acting_for(agent text) returns boolean
    language sql stable parallel safe
    return agent = current_setting('longhaul.agent', true) or current_setting('longhaul.agent', true) = '*';

alter table agent_events    enable row level security, force row level security;
alter table memory_entries  enable row level security, force row level security;
alter table memory_postings enable row level security, force row level security;
alter table memory_lexemes  enable row level security, force row level security;
alter table memory_grants   enable row level security, force row level security;

-- The journal of jobs is open to the app; an agent's own stream is not.
create policy of_the_agent on agent_events
    using (not starts_with(stream, 'agent/') or is_acting_for(agent_id));
create policy of_the_agent on memory_entries using (is_acting_for(agent_id));
create policy of_the_agent on memory_postings using (is_acting_for(agent_id));
create policy of_the_agent on memory_lexemes using (is_acting_for(agent_id));
create policy of_the_owner on memory_grants using (is_acting_for(owner_id));

create policy of_the_reader on memory_grants for select using (reader_id = acting_agent());
create policy granted on memory_entries for select using (
    (removed_in is null or archived)
    and exists (
        select from memory_grants as held
         where held.owner_id = memory_entries.agent_id and held.reader_id = acting_agent()
           and held.section = memory_entries.section
           and (held.until is null or held.until > extract(epoch from now()))));
create policy granted on memory_postings for select using (
    exists (
        select from memory_entries as entry
         where entry.agent_id = memory_postings.agent_id
           and entry.occasion = memory_postings.occasion and entry.place = memory_postings.place));

create policy audited on agent_events for select to longhaul_auditor using (true);
create policy audited on memory_entries for select to longhaul_auditor using (true);
create policy audited on memory_postings for select to longhaul_auditor using (true);
create policy audited on memory_lexemes for select to longhaul_auditor using (true);
create policy audited on memory_grants for select to longhaul_auditor using (true);
