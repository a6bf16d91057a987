//! The main job on real input: the real binary, cell, tmux and Claude Code; only the model is scripted.

#![cfg(test)]

mod attack;
mod fetch;
mod full_disk;
mod job;
mod kill;
mod look;
mod plan;
mod root;
mod undo;
