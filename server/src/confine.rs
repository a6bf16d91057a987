//! `autocode confine`: closes files to itself, then becomes another program. Used where bubblewrap does not start.
//!
//! Runs before any thread exists, because the kernel closes files for one thread and what comes of it.

use std::{
    os::unix::{fs::DirBuilderExt as _, process::CommandExt as _},
    process::{Command, ExitCode},
};

use crate::cli::ConfineArgs;

/// Becomes the program; a kernel without Landlock is said on standard error and found out by the cell's probe.
pub fn run(args: ConfineArgs) -> ExitCode {
    let temporary = args.write.last().map(|folder| folder.join("tmp"));
    if let Some(folder) = &temporary
        && let Err(error) = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
    {
        eprintln!("autocode confine: {}: {error}", folder.display());
    }
    if let Err(why) = autocode_sandbox::confine(&args.read, &args.write) {
        eprintln!("autocode confine: files stay open: {why}");
    }
    let [program, arguments @ ..] = &args.command[..] else { return ExitCode::FAILURE };
    let mut command = Command::new(program);
    // The machine's /tmp is closed: it is everybody's.
    command.args(arguments).envs(temporary.map(|folder| ("TMPDIR", folder)));
    eprintln!("autocode confine: {} cannot be started: {}", program.display(), command.exec());
    ExitCode::from(127)
}
