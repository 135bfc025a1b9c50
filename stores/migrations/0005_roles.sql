-- A rebuild of the tables keeps appends out until it is done. The app may not lock the journal itself: it has no right to
-- change a row there.
create function hold_appends() returns void
    language sql security definer set search_path from current
    as 'lock table agent_events in share mode';
revoke all on function hold_appends() from public;
grant execute on function hold_appends() to longhaul_app;
