-- Times are milliseconds since the Unix epoch, UTC.

create table users (
    id integer primary key autoincrement,
    username text not null constraint users_username_key unique,
    password_hash text not null,
    role text not null check (role in ('admin', 'user')),
    created_at integer not null,
    -- Set while a deletion is under way, so that one cut short is finished at the next start.
    deleting_at integer
) strict;

-- One row per sign-in; a refresh token belongs to exactly one and is replaced at each use.
create table sessions (
    id text primary key,
    user_id integer not null references users (id) on delete cascade,
    refresh_hash blob not null constraint sessions_refresh_hash_key unique,
    -- The token before the last rotation: its use after the grace period means theft and ends the session.
    previous_hash blob,
    rotated_at integer not null,
    user_agent text not null default '',
    created_at integer not null,
    expires_at integer not null
) strict;
create index sessions_user on sessions (user_id);
create index sessions_previous on sessions (previous_hash);

create table agents (
    id integer primary key autoincrement,
    user_id integer not null references users (id) on delete cascade,
    name text not null,
    model text not null,
    identity text not null default '',
    tools text not null default '[]' check (json_valid(tools)),
    mcp_servers text not null default '{}' check (json_valid(mcp_servers)),
    workspace_base text,
    global_rules text not null default '',
    created_at integer not null,
    constraint agents_user_name_key unique (user_id, name)
) strict;

create table projects (
    id integer primary key autoincrement,
    user_id integer not null references users (id) on delete cascade,
    agent_id integer not null references agents (id) on delete restrict,
    name text not null,
    slug text not null,
    description text not null default '',
    architecture text,
    implementation_plan text not null default '{"steps":[]}' check (json_valid(implementation_plan)),
    status text not null default 'created'
        check (status in ('created', 'planning', 'running', 'paused', 'completed', 'failed')),
    status_reason text,
    question text,
    current_step integer not null default 0,
    tmux_session text not null,
    workspace_path text not null,
    created_at integer not null,
    updated_at integer not null,
    constraint projects_user_slug_key unique (user_id, slug)
) strict;
create index projects_agent on projects (agent_id);

create table agent_instances (
    id integer primary key autoincrement,
    user_id integer not null references users (id) on delete cascade,
    agent_id integer not null references agents (id) on delete cascade,
    project_id integer references projects (id) on delete cascade,
    pid integer,
    status text not null check (status in ('running', 'stopped', 'crashed')),
    -- SHA-256 of the gateway token, valid until token_expires_at; the lease is renewed while the instance lives.
    token_hash blob constraint agent_instances_token_hash_key unique,
    token_expires_at integer,
    started_at integer not null,
    stopped_at integer
) strict;
create index agent_instances_project on agent_instances (project_id);
-- At most one instance works on a project.
create unique index agent_instances_one_running on agent_instances (project_id) where status = 'running';

create table logs (
    id integer primary key autoincrement,
    user_id integer not null references users (id) on delete cascade,
    project_id integer references projects (id) on delete cascade,
    agent_instance_id integer not null references agent_instances (id) on delete cascade,
    -- Number of the event in its runner's spool; none for lines that the server wrote itself.
    seq integer,
    level text not null check (level in ('info', 'action', 'error', 'agent_decision')),
    message text not null,
    timestamp integer not null
) strict;
create index logs_project on logs (project_id, id);
-- An event is stored once, however often a runner sends it.
create unique index logs_seq on logs (user_id, seq) where seq is not null;

-- The last event of a user's runner that is stored.
create table runner_cursors (
    user_id integer primary key references users (id) on delete cascade,
    seq integer not null
) strict;

create table api_keys (
    id integer primary key autoincrement,
    user_id integer not null references users (id) on delete cascade,
    provider text not null,
    -- Key id, nonce and AES-256-GCM ciphertext; the AAD binds table, user and provider.
    encrypted_key blob not null,
    last4 text not null,
    created_at integer not null,
    constraint api_keys_user_provider_key unique (user_id, provider)
) strict;

-- One row per request that reached a model through the gateway.
create table usage (
    id integer primary key autoincrement,
    user_id integer not null references users (id) on delete cascade,
    project_id integer references projects (id) on delete set null,
    agent_instance_id integer references agent_instances (id) on delete set null,
    provider text not null,
    model text not null,
    input_tokens integer not null,
    output_tokens integer not null,
    cache_creation_tokens integer not null,
    cache_read_tokens integer not null,
    -- Millionths of a US dollar; null where the price of the model is not known.
    cost_micro_usd integer,
    http_status integer not null,
    duration_ms integer not null,
    created_at integer not null
) strict;
create index usage_project on usage (project_id);
create index usage_user_time on usage (user_id, created_at);

-- Settings of the installation, by name.
create table settings (
    name text primary key,
    value text not null
) strict;

create table audit (
    id integer primary key autoincrement,
    -- No reference: the record outlives the account.
    user_id integer,
    actor text not null,
    action text not null,
    detail text not null default '',
    created_at integer not null
) strict;
create index audit_time on audit (created_at);
