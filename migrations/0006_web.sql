-- Model servers of a user's own, beside the providers that everybody knows.
create table custom_providers (
    id integer primary key autoincrement,
    user_id integer not null references users (id) on delete cascade,
    -- The part before the slash in model names.
    name text not null,
    base_url text not null,
    -- The API that it speaks.
    wire_format text not null check (wire_format in ('anthropic', 'openai')),
    -- Sealed as the keys in api_keys, bound to user and name; none for a server without keys.
    encrypted_key blob,
    last4 text,
    created_at integer not null,
    constraint custom_providers_user_name_key unique (user_id, name)
) strict;
