-- needs the extension vector
-- What entries mean to an embedder, as vectors of length 1: a cache, which follows from the entries and that embedder.
create table memory_vectors (
    agent_id text    not null,
    embedder text    not null,
    occasion integer not null,
    place    integer not null,
    vector   halfvec not null,
    constraint memory_vectors_pkey primary key (agent_id, embedder, occasion, place)
);
alter table memory_vectors enable row level security, force row level security;
create policy of_the_agent on memory_vectors using (
    current_setting('longhaul.agent', true) in (agent_id, '*'));
create policy audited on memory_vectors for select to longhaul_auditor using (true);
