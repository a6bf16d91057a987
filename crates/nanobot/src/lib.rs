//! Agent runtime: drives a coding CLI in tmux through a project's plan.

pub mod protocol;
