-- Items of many like parts: how many calls an item takes, and how many of them are done.
alter table todo_items
    add column parts      integer,
    add column parts_done integer not null default 0;
