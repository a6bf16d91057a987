-- Cells with accounts of their own, and starts that wait for room.

-- The user id of this user's cell and files; given once, and never to another user.
alter table users add column cell_uid integer;
create unique index users_cell_uid on users (cell_uid) where cell_uid is not null;

-- Since when a run that should be there waits to be started; null once it is let in.
alter table agent_instances add column queued_at integer;
create index agent_instances_queued on agent_instances (queued_at) where queued_at is not null;
