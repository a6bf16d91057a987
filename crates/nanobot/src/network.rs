//! The variables by which programs find the way out of a cell that has a network of its own.
//!
//! Whoever starts a program with a clean environment passes them on; they hold no secret.

use std::ffi::OsString;

const VARIABLES: [&str; 8] = [
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "all_proxy",
    "no_proxy",
];

/// Those that are set here.
pub fn environment() -> impl Iterator<Item = (&'static str, OsString)> {
    VARIABLES.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)))
}
