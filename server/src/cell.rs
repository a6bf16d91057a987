//! What systemd starts of a user, and root's `autocode-user` does: a cell as a service of its own, under the account and the
//! limits that systemd gave it; an empty one that is measured; folders that change hands.
//!
//! Must not know the server: a cell passes on the listening socket that it got as standard input and waits for its end.

use std::{path::Path, process::ExitCode};

use app::model::Username;
use autocode_sandbox::{CellSpec, Group, launch};
use server::{
    cells,
    config::Config,
    launcher::{self, Leftovers},
};

use crate::fail;

/// Gives a user's folders to the account of the cell.
pub fn give_user(config: &Config, user: &Username, uid: u32) -> ExitCode {
    match launcher::give_user(config, user, uid) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => fail(format!("The folders of {user} cannot be given to {uid}: {e}.")),
    }
}

/// Removes what is left of users.
pub fn remove_leftovers(config: &Config, left: &Leftovers) -> ExitCode {
    match launcher::remove_leftovers(config, left) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => fail(format!("What is left of users cannot be removed: {e}.")),
    }
}

/// Measures an empty cell that is started like users' cells, and tells the server over standard output.
pub async fn examine(config: &Config, folder: &Path) -> ExitCode {
    let examined = autocode_sandbox::examine(&cells::unit::empty_cell(config, folder)).await;
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
pub async fn run(config: &Config, user: &Username) -> ExitCode {
    let spec = CellSpec { group: Group::own(), pass_stdin: true, ..cells::spec(config, user.as_str()) };
    let mut arguments = cells::arguments(&spec, config);
    arguments.push("--listen-stdin".into());
    let mut cell = match launch(&spec, &arguments).await {
        Ok(cell) => cell,
        Err(e) => return fail(format!("The cell of {user} does not start: {e}.")),
    };
    match cell.child.wait().await {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => fail(format!("The cell of {user} ended: {status}.")),
        Err(e) => fail(format!("The cell of {user} cannot be waited for: {e}.")),
    }
}
