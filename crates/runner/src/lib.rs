//! The process inside a user's cell: files, git, tmux, terminals, spool, nanobots.

pub mod protocol;
