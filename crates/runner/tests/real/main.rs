//! The runner as a process of its own, with real git, tmux and bubblewrap; only the nanobot is a small script.
#![cfg(test)]

mod cell;
mod changes;
mod client;
mod common;
mod ends;
mod hostile;
mod instances;
mod supervisor;
mod take_over;
mod terminals;
mod undo;
mod viewer;
mod workspaces;

/// The other tests start this very test again, with a role, as the process of the runner or its supervisor.
#[test]
fn a_runner_without_a_folder_to_work_in_fails() {
    common::take_role();
    let args = common::args("/proc/nowhere".as_ref());
    let code = tokio::runtime::Runtime::new().unwrap().block_on(autocode_runner::serve(args));
    assert_eq!(format!("{code:?}"), format!("{:?}", std::process::ExitCode::FAILURE));
}
