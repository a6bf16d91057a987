//! The server from outside: what a browser and an API client can do, and what they cannot.

#[path = "../common/mod.rs"]
mod common;

mod agents;
mod api_keys;
mod auth;
mod browser;
mod foreign;
mod problems;
mod projects;
mod startup;
mod users;
