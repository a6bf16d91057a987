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
mod deletion;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod fake_runner;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod injection;
#[cfg(test)]
mod key_test;
#[cfg(test)]
mod limits_of_requests;
#[cfg(test)]
mod links;
#[cfg(test)]
mod live;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod pause;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod process;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod providers;
#[cfg(test)]
mod rate;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod second_factor;
#[cfg(test)]
mod second_factor_required;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod site;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod startup;
#[cfg(test)]
mod step_up;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod users;
