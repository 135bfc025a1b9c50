-- The journal: the truth. A stream is job/<id> or agent/<id>; its events are numbered 1, 2, 3 ...
create table agent_events (
    stream     text        not null,
    version    integer     not null,
    agent_id   text        not null,
    event_type text        not null,
    schema     smallint    not null,
    event_data jsonb       not null,
    message_id text,
    at         timestamptz not null default now(),
    salt       bytea       not null,
    digest     bytea       not null,
    prev_hash  bytea       not null,
    hash       bytea       not null,
    constraint one_event_per_version primary key (stream, version),
    constraint versions_start_at_one check (version > 0)
);
create unique index one_event_per_message on agent_events (stream, message_id) where message_id is not null;

-- Events that Redis has not been told of yet; the relay removes a row once its notice is out.
create table outbox (
    stream  text    not null,
    version integer not null,
    constraint outbox_pkey primary key (stream, version)
);

-- Large content by its SHA-256; the journal holds the hash.
create table artifacts (
    sha256  text        not null,
    content bytea       not null,
    at      timestamptz not null default now(),
    constraint artifacts_pkey primary key (sha256)
);
