-- What the control loop needs to be told by people, and what it tells them.

-- Which program does the work, as JSON with its kind.
alter table agents add column coding_cli text not null default '{"kind":"claude"}' check (json_valid(coding_cli));
-- Who decides what the coding CLI may do.
alter table agents add column approval_policy text not null default 'auto'
    check (approval_policy in ('auto', 'ask_model', 'ask_me'));

-- The project's own policy; none means its agent's.
alter table projects add column approval_policy text
    check (approval_policy is null or approval_policy in ('auto', 'ask_model', 'ask_me'));
-- Whether a person wants to see a proposed plan before the work begins.
alter table projects add column approve_plan integer not null default 0 check (approve_plan in (0, 1));
-- Git repository to begin with.
alter table projects add column clone_url text;

-- What belongs to the open question, and goes with it.
alter table projects add column suggestions text not null default '[]' check (json_valid(suggestions));
alter table projects add column help_screen text;
alter table projects add column resumes_at integer;

-- The loop's last view of the coding CLI, as JSON.
alter table projects add column diagnosis text check (diagnosis is null or json_valid(diagnosis));

-- Every way back that a person took, so that it can be undone itself.
create table undos (
    id integer primary key autoincrement,
    user_id integer not null references users (id) on delete cascade,
    project_id integer not null references projects (id) on delete cascade,
    -- What the runner calls the files that were put aside.
    ref text not null,
    -- Title of the step that the project went back to; empty for the beginning.
    label text not null,
    created_at integer not null,
    -- When it was brought back.
    undone_at integer
) strict;
create index undos_project on undos (project_id, id);
