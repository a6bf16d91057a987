-- The second factor at sign-in: codes from an app, and codes on paper for when the app is gone.

create table second_factors (
    user_id integer primary key references users (id) on delete cascade,
    -- What the app's codes are made from, sealed as API keys are: format byte, key id, nonce, ciphertext.
    encrypted_secret blob not null,
    key_id text generated always as (lower(hex(substr(encrypted_secret, 2, 4)))) virtual,
    created_at integer not null,
    -- When the first right code came; before that, signing in asks for none.
    confirmed_at integer,
    -- Number of the time step whose code was used last, so that each is used once.
    last_step integer not null default 0
) strict;

create table recovery_codes (
    user_id integer not null references second_factors (user_id) on delete cascade,
    -- SHA-256 of the code.
    code_hash blob not null,
    used_at integer,
    primary key (user_id, code_hash)
) strict, without rowid;
