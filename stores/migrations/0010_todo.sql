-- What a TODO list keeps of its items: why one is vague, since when it is on the list, and whether it was put away.
alter table todo_items
    add column vague    text             not null default '',
    add column added_at double precision,
    add column archived boolean          not null default false;

-- Plans did not say when they were made; what people added by hand did. Only a new item is added: one that left the list
-- may come back later.
update todo_items as item
   set added_at = (
       select (event.event_data ->> 'at')::double precision
         from agent_events as event, jsonb_array_elements(event.event_data -> 'added') as added
        where event.stream = 'job/' || item.job_id and event.event_type = 'TodoEdited'
          and added ->> 'item' = item.item_id
        order by event.version desc
        limit 1);

create index todo_items_waiting on todo_items (added_at) where status = 'pending';
create index todo_items_done on todo_items (completed_at) where status = 'completed' and not archived;
