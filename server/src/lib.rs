//! AutoCode's server: everything that is trusted runs here.

pub mod config;
pub mod db;
