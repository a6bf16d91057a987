//! `autocode cell`: one user's cell as a service of its own, under the account and the limits that systemd gave it.
//!
//! Must not know the server: it passes on the listening socket that it got as standard input and waits for the cell's end.

use std::process::ExitCode;

use autocode_sandbox::{CellSpec, Group, launch};
use server::{
    cells,
    launcher::{self, Leftovers},
};

use crate::{
    cli::{CellArgs, ExamineArgs, GiveUserArgs, RemoveLeftoversArgs},
    fail,
};

/// Gives a user's folders to the account of the cell.
pub fn give_user(args: GiveUserArgs) -> ExitCode {
    let config = match args.config.resolve() {
        Ok(config) => config,
        Err(e) => return fail(e),
    };
    match launcher::give_user(&config, &args.user, args.uid) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => fail(format!("The folders of {} cannot be given to {}: {e}.", args.user, args.uid)),
    }
}

/// Removes what is left of users.
pub fn remove_leftovers(args: RemoveLeftoversArgs) -> ExitCode {
    let RemoveLeftoversArgs { set_aside, run_of, home_of, config } = args;
    let config = match config.resolve() {
        Ok(config) => config,
        Err(e) => return fail(e),
    };
    match launcher::remove_leftovers(&config, &Leftovers { set_aside, run_of, home_of }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => fail(format!("What is left of users cannot be removed: {e}.")),
    }
}

/// Measures an empty cell that is started like users' cells, and tells the server over standard output.
pub async fn examine(args: ExamineArgs) -> ExitCode {
    let config = match args.config.resolve() {
        Ok(config) => config,
        Err(e) => return fail(e),
    };
    let examined = autocode_sandbox::examine(&cells::unit::empty_cell(&config, &args.folder)).await;
    match examined
        .map_err(|e| e.to_string())
        .and_then(|f| serde_json::to_string(&f).map_err(|e| e.to_string()))
    {
        Ok(facts) => {
            println!("{facts}");
            ExitCode::SUCCESS
        }
        Err(e) => fail(format!("No cell can be examined: {e}.")),
    }
}

/// Runs the cell until it ends.
pub async fn run(args: CellArgs) -> ExitCode {
    let config = match args.config.resolve() {
        Ok(config) => config,
        Err(e) => return fail(e),
    };
    let spec = CellSpec { group: Group::own(), pass_stdin: true, ..cells::spec(&config, args.user.as_str()) };
    let mut arguments = cells::arguments(&spec, &config);
    arguments.push("--listen-stdin".into());
    let mut cell = match launch(&spec, &arguments).await {
        Ok(cell) => cell,
        Err(e) => return fail(format!("The cell of {} does not start: {e}.", args.user)),
    };
    match cell.child.wait().await {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => fail(format!("The cell of {} ended: {status}.", args.user)),
        Err(e) => fail(format!("The cell of {} cannot be waited for: {e}.", args.user)),
    }
}
