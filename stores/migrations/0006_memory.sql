-- Where an entry is from, how long it holds, and whether it is still found after it has left memory.md.
alter table memory_entries
    add column step        integer          not null default 0,
    add column trust       text             not null default 'own',
    add column source      text             not null default '',
    add column happened_at double precision,
    add column expires_at  double precision,
    add column pinned      boolean          not null default false,
    add column supersedes  text[]           not null default '{}',
    add column archived    boolean          not null default false;
create index memory_entries_by_id on memory_entries (agent_id, entry_id);
create index memory_entries_in_the_file on memory_entries (agent_id) where removed_in is null;

-- The same words in the same section, whatever their case and spaces, are the same memory.
create function memory_content(section text, said text) returns text
    language sql immutable parallel safe
    return md5(section || E'\n' || lower(regexp_replace(said, '\s+', ' ', 'g')));
alter table memory_entries add column content text;
update memory_entries set content = memory_content(section, text);
alter table memory_entries alter column content set not null;
create index memory_entries_archived on memory_entries (agent_id, content) where archived;
create index memory_entries_of_a_topic on memory_entries (agent_id, section, topic) where archived and topic <> '';
