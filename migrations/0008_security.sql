-- What a sign-in may do, beyond that it exists.

-- When its person last typed the password, in milliseconds; some actions want that to be recent.
alter table sessions add column confirmed_at integer not null default 0;
-- How often its refresh token was replaced. It is part of the token, so that every earlier one is recognised.
alter table sessions add column generation integer not null default 0;

-- Sign-ins that may type in the terminal of a project: the one that started it, and those that typed the password there.
create table terminal_devices (
    project_id integer not null references projects (id) on delete cascade,
    session_id text not null references sessions (id) on delete cascade,
    created_at integer not null,
    primary key (project_id, session_id)
) strict, without rowid;
create index terminal_devices_session on terminal_devices (session_id);

-- Failed sign-ins are kept in smaller number than the rest of the record: strangers can make them.
create index audit_action on audit (action, id);
