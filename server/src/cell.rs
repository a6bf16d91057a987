//! `autocode cell`: one user's cell as a service of its own, under the account and the limits that systemd gave it.
//!
//! Must not know the server: it passes on the listening socket that it got as standard input and waits for the cell's end.

use std::process::ExitCode;

use autocode_sandbox::{CellSpec, Group, launch};
use server::cells;

use crate::{cli::CellArgs, fail};

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
