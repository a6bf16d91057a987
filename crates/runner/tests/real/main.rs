//! The runner as a process of its own, with real git, tmux and bubblewrap; only the nanobot is a small script.
#![cfg(test)]

mod cell;
mod client;
mod common;
mod instances;
mod supervisor;
mod terminals;

#[test]
#[ignore = "the helper process of the other tests"]
fn helper() {
    common::helper_process();
}
