-- What scripts need: tokens of their own, and repeated requests that are carried out once.

-- Personal access tokens; shown once, so only the hash is here.
create table personal_tokens (
    id integer primary key autoincrement,
    user_id integer not null references users (id) on delete cascade,
    name text not null,
    -- SHA-256 of the token.
    token_hash blob not null constraint personal_tokens_token_hash_key unique,
    -- What it may do: names with commas between them.
    scopes text not null,
    created_at integer not null,
    -- None means until it is revoked.
    expires_at integer,
    last_used_at integer,
    constraint personal_tokens_user_name_key unique (user_id, name)
) strict;

-- Requests that carried an idempotency key, with what was answered.
create table idempotent_requests (
    id integer primary key autoincrement,
    user_id integer not null references users (id) on delete cascade,
    key text not null,
    -- SHA-256 of method, path and body: the same key is good for the same request only.
    request_hash blob not null,
    -- Which run of the server took it; one that another run left open was cut short.
    server text not null,
    -- None while it is under way.
    status integer,
    headers text,
    -- None too if the answer must not be kept: it carried a secret.
    body blob,
    created_at integer not null,
    constraint idempotent_requests_user_key unique (user_id, key)
) strict;
create index idempotent_requests_time on idempotent_requests (created_at);
