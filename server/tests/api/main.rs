//! The server from outside: what a browser and an API client can do, and what they cannot.

// Marked as tests, so that helpers between the tests may panic too.
#[cfg(test)]
mod account;
#[cfg(test)]
mod administration;
#[cfg(test)]
mod agents;
#[cfg(test)]
mod api_keys;
#[cfg(test)]
mod auth;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod cells;
#[cfg(test)]
#[path = "../common/mod.rs"]
mod common;
#[cfg(test)]
mod control;
#[cfg(test)]
mod fake_runner;
#[cfg(test)]
mod foreign;
mod key_test;
#[cfg(test)]
mod links;
#[cfg(test)]
mod live;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod startup;
#[cfg(test)]
mod users;
