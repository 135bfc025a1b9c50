-- What follows from the journal, kept in the same transaction; `longhaul rebuild` makes these tables anew, row for row.
create table agent_tasks (
    job_id       text        not null,
    agent_id     text        not null,
    task_type    text        not null,
    status       text        not null,
    goal         text        not null,
    requested_by text        not null,
    priority     smallint    not null,
    revision     integer     not null,
    steps_done   integer     not null,
    waiting_for  jsonb       not null,
    context      jsonb       not null,
    result       text,
    error        text,
    version      integer     not null,
    created_at   timestamptz not null,
    started_at   timestamptz,
    updated_at   timestamptz not null,
    completed_at timestamptz,
    constraint agent_tasks_pkey primary key (job_id),
    constraint known_status check (status in
        ('pending', 'ready', 'in_progress', 'waiting', 'completed', 'failed', 'cancelled'))
);
create index agent_tasks_agent_status on agent_tasks (agent_id, status);
create index agent_tasks_created on agent_tasks (created_at desc);
create unique index one_job_in_progress on agent_tasks (agent_id) where status = 'in_progress';

create table todo_items (
    job_id       text    not null,
    item_id      text    not null,
    agent_id     text    not null,
    position     integer not null,
    text         text    not null,
    status       text    not null,
    completed_at double precision,
    result       jsonb,
    constraint todo_items_pkey primary key (job_id, item_id),
    constraint known_item_status check (status in ('pending', 'in_progress', 'completed'))
);
create unique index one_item_in_progress on todo_items (agent_id) where status = 'in_progress';

create table memory_entries (
    agent_id   text             not null,
    entry_id   text             not null,
    section    text             not null,
    text       text             not null,
    topic      text             not null,
    author     text             not null,
    job_id     text             not null,
    at         double precision not null,
    added_in   integer          not null,
    removed_in integer,
    removed_by text,
    why        text,
    constraint memory_entries_pkey primary key (agent_id, added_in)
);

create table documents (
    agent_id text        not null,
    path     text        not null,
    sha256   text        not null,
    stream   text        not null,
    version  integer     not null,
    at       timestamptz not null,
    constraint documents_pkey primary key (agent_id, path, stream, version)
);
