-- Which master key a row is sealed with, as the sealed bytes say it themselves: format byte, four bytes of key id, the rest.
alter table api_keys add column key_id text generated always as (lower(hex(substr(encrypted_key, 2, 4)))) virtual;
alter table custom_providers add column key_id text generated always as (lower(hex(substr(encrypted_key, 2, 4)))) virtual;
