//! Typed, asynchronous access to one user's tmux server: the only user of `tmux_interface`.
//!
//! Must not know what runs in a pane or why. A tmux *client* obeys its server, so this crate is for processes inside
//! the user's cell only. Each command runs with a clean environment, a time limit and an exact target.

mod changes;
mod error;
mod input;
mod name;
mod pane;
mod server;
mod session;

pub use changes::Changes;
pub use error::TmuxError;
pub use input::{Key, sanitize};
pub use name::SessionName;
pub use pane::{Lines, Pane, PaneInfo};
pub use server::{AttachCommand, TIME_LIMIT, TmuxServer};
pub use session::NewSession;
