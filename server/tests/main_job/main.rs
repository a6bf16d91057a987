//! The main job on real input: the real binary, cell, tmux and Claude Code; only the model is scripted.

#![cfg(test)]

mod job;
mod kill;
mod plan;
mod undo;
