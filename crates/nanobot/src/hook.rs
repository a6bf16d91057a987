//! `autocode hook`: passes a CLI's hook call to the nanobot that watches it.

use std::process::ExitCode;

/// Reads the hook's JSON on stdin, sends it to the nanobot's socket, prints the answer if there is one.
pub fn run() -> ExitCode {
    ExitCode::FAILURE
}
