//! AutoCode's user interface and the types and ports it shares with the server.
//!
//! Knows nothing of SQL, processes or sockets of the server: what it needs it asks of [`backend`].

// Every page is one deeply nested view type.
#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
mod assets;
#[cfg(feature = "ssr")]
pub mod backend;
pub mod error;
pub mod model;

mod api;
mod app;
mod codec;
mod components;
#[cfg(feature = "ssr")]
mod markdown;
mod pages;
mod part;
#[cfg(feature = "ssr")]
mod shell;

pub use app::App;
#[cfg(feature = "ssr")]
pub use assets::Assets;
#[cfg(feature = "hydrate")]
pub use part::prepare;
#[cfg(feature = "ssr")]
pub use shell::shell;
