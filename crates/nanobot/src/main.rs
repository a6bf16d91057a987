//! The stand-alone nanobot: the three roles of this crate without the server.
//!
//! For tests and for driving a coding CLI by hand; the product's one binary calls the same functions.

use std::{path::PathBuf, process::ExitCode};

use autocode_nanobot::hook;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let role = arguments.next().unwrap_or_default();
    match (role.to_str(), arguments.next(), arguments.next()) {
        (Some("hook"), None, None) => hook::run(false),
        (Some("hook"), Some(flag), None) if flag == hook::GATE_FLAG => hook::run(true),
        (Some("launch"), Some(file), None) => autocode_nanobot::launch::run(&PathBuf::from(file)),
        (Some("nanobot"), Some(flag), Some(workspace)) if flag == "--workspace" => nanobot(workspace.into()),
        _ => {
            eprintln!("usage: autocode-nanobot nanobot --workspace PATH | hook [--gate] | launch FILE");
            ExitCode::from(2)
        }
    }
}

fn nanobot(workspace: PathBuf) -> ExitCode {
    // One thread: a nanobot waits nearly always.
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(autocode_nanobot::run(workspace)),
        Err(error) => {
            eprintln!("autocode nanobot: {error}");
            ExitCode::FAILURE
        }
    }
}
