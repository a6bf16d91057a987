-- How people get in, and what they want to be told.

alter table users add column last_sign_in_at integer;
-- Which notifications this person's browsers show.
alter table users add column notify_help integer not null default 0 check (notify_help in (0, 1));
alter table users add column notify_completed integer not null default 0 check (notify_completed in (0, 1));

-- One-time links that an admin hands to somebody; a used one is gone.
create table account_links (
    id integer primary key autoincrement,
    -- SHA-256 of the token in the link.
    token_hash blob not null constraint account_links_token_hash_key unique,
    -- Whose password it replaces; none invites somebody new.
    user_id integer references users (id) on delete cascade,
    created_by text not null,
    created_at integer not null,
    expires_at integer not null
) strict;
create index account_links_user on account_links (user_id);
