//! `autocode launch FILE`: becomes the coding CLI, with the arguments and environment that the file names.

use std::{path::Path, process::ExitCode};

/// Reads and removes the launch file, then replaces this process; returns only if that failed.
pub fn run(file: &Path) -> ExitCode {
    let _ = file;
    ExitCode::FAILURE
}
