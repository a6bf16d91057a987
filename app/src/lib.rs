//! AutoCode's user interface and the types and ports it shares with the server.

#[cfg(feature = "ssr")]
pub mod backend;
pub mod error;
pub mod model;
